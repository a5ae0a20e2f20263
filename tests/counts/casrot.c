/* N threads: the i-th swaps i for i + 1. */
#include "threads.h"

static atomic_int x;

static void *swaps(void *argument) {
  int expected = number(argument);
  (void)atomic_compare_exchange_strong_explicit(&x, &expected, expected + 1, memory_order_relaxed,
                                                memory_order_relaxed);
  return NULL;
}

int main(void) {
  run_many(swaps, N);
  return 0;
}
