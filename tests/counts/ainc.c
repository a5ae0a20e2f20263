/* N threads increment a counter: N! orders. */
#include "threads.h"

static atomic_int x;

static void *increments(void *unused) {
  (void)atomic_fetch_add_explicit(&x, 1, memory_order_relaxed);
  return unused;
}

int main(void) {
  run_many(increments, N);
  return 0;
}
