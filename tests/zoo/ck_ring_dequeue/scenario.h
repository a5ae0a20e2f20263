/* Three pushes reach the first slot again. */
static void *producer(void *unused) {
  for (int i = 1; i <= 3; i++) {
    if (!enqueue(i)) break;
  }
  return unused;
}

static void *consumer(void *unused) {
  int value, expected = 1;
  for (int i = 0; i < 2; i++) {
    if (dequeue(&value)) assert(value == expected++);
  }
  return unused;
}

int main(void) {
  ZOO_RUN(producer, consumer);
  return 0;
}
