/* A release store, a later store of the same thread, another thread's exchange: what does a reader synchronize with? */
#include "threads.h"

static atomic_int x, y;

static void *writer(void *unused) {
  STORE(x, 1, relaxed);
  STORE(y, 1, release);
  STORE(y, 2, relaxed);
  return unused;
}

static void *exchanger(void *unused) {
  (void)atomic_exchange_explicit(&y, 3, memory_order_relaxed);
  return unused;
}

static void *reader(void *unused) {
  (void)LOAD(y, relaxed);
  atomic_thread_fence(memory_order_acq_rel);
  (void)LOAD(x, relaxed);
  return unused;
}

int main(void) {
  RUN(writer, exchanger, reader);
  return 0;
}
