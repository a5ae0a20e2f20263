static void *producer(void *unused) {
  enqueue();
  return unused;
}

static void *consumer(void *unused) {
  (void)move_cons_head();
  return unused;
}

int main(void) {
  ZOO_RUN(producer, consumer, consumer);
  return 0;
}
