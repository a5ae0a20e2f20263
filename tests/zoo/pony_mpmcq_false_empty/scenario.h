/* Two items inside; one thread pops one and pushes one, so that the other's pop must find one. */
static void *observer(void *unused) {
  unsigned recycled;
  assert(pop(&recycled) != NONE && "empty, with an item inside all the time");
  return unused;
}

static void *worker(void *unused) {
  unsigned recycled = NONE;
  if (pop(&recycled) != NONE) push(recycled);
  return unused;
}

int main(void) {
  atomic_store(&head, 1);
  atomic_store(&tail, 1);
  push(2);
  push(3);
  ZOO_RUN(observer, worker);
  return 0;
}
