static void *producer(void *unused) {
  if (push(1)) (void)push(2);
  return unused;
}

static void *consumer(void *unused) {
  int value;
  if (pop(&value)) assert(value == 1);
  return unused;
}

int main(void) {
  ZOO_RUN(producer, consumer);
  return 0;
}
