static void *producer(void *unused) {
  enqueue_in_new_block();
  return unused;
}

static void *observer(void *unused) {
  const size_t size = size_approx();
  assert(size == 1 || size == 2);
  return unused;
}

int main(void) {
  blocks[0].size_mask = 1;
  atomic_store(&blocks[0].tail, 1);
  atomic_store(&blocks[0].next, &blocks[0]);
  atomic_store(&front_block, &blocks[0]);
  atomic_store(&tail_block, &blocks[0]);
  ZOO_RUN(producer, observer);
  return 0;
}
