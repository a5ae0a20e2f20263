static void *producer(void *unused) {
  enqueue(7);
  return unused;
}

static void *consumer(void *unused) {
  int value;
  if (dequeue(&value)) assert(value == 7);
  return unused;
}

int main(void) {
  ZOO_RUN(producer, consumer);
  return 0;
}
