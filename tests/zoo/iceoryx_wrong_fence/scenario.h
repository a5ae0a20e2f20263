/* An index goes from the thread that popped it to the one that pushes it by a relaxed store. */
static _Atomic unsigned given;

static void *popper(void *unused) {
  unsigned index;
  if (pop(&index)) atomic_store_explicit(&given, index + 1, memory_order_relaxed);
  return unused;
}

static void *pusher(void *unused) {
  const unsigned taken = atomic_load_explicit(&given, memory_order_relaxed);
  if (taken != 0) assert(push(taken - 1));
  return unused;
}

int main(void) {
  ZOO_RUN(popper, pusher);
  return 0;
}
