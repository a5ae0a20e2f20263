/* folly::fibers::Semaphore: a signal's slow way when nobody waits any more. */
#include "../zoo.h"

static _Atomic int tokens;
static pthread_mutex_t wait_list = PTHREAD_MUTEX_INITIALIZER;

static void signal_slow(void) {
  int expected = 0;
  (void)pthread_mutex_lock(&wait_list);
  (void)atomic_compare_exchange_strong_explicit(&tokens, &expected, 1, memory_order_release, memory_order_relaxed);
  (void)pthread_mutex_unlock(&wait_list);
}

static bool try_wait(void) {
  int old = atomic_load_explicit(&tokens, memory_order_relaxed);
  while (old > 0) {
    if (atomic_compare_exchange_strong_explicit(&tokens, &old, old - 1, memory_order_acquire, memory_order_acquire)) {
      return true;
    }
  }
  return false;
}

#include "scenario.h"
