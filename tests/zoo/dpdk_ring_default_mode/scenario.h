/* One core produces and then consumes, another takes the consumer's role. */
static void enqueue(void) {
  uint32_t old;
  if (move_head(&prod, &cons, CAPACITY, &old)) update_tail(&prod, old);
}

static void dequeue(void) {
  uint32_t old;
  if (move_head(&cons, &prod, 0, &old)) update_tail(&cons, old);
}

static void *both(void *unused) {
  enqueue();
  dequeue();
  return unused;
}

static void *consumer(void *unused) {
  dequeue();
  return unused;
}

int main(void) {
  ZOO_RUN(both, consumer);
  return 0;
}
