static void *first(void *unused) {
  assert(dequeue(0) == 1);
  return unused;
}

static void *second(void *unused) {
  assert(dequeue(1) == 2);
  return unused;
}

int main(void) {
  elements[0] = 1;
  elements[1] = 2;
  ZOO_RUN(first, second);
  return 0;
}
