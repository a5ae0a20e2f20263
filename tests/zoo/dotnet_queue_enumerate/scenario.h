static void *enqueuer(void *unused) {
  enqueue(0, 7);
  return unused;
}

static void *enumerator(void *unused) {
  assert(item_when_available(0) == 7);
  return unused;
}

int main(void) {
  ZOO_RUN(enqueuer, enumerator);
  return 0;
}
