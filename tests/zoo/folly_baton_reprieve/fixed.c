/* folly::Baton: a post that comes between the end of the spin and the wait. */
#include "../zoo.h"

enum { INIT, EARLY_DELIVERY, WAITING, LATE_DELIVERY };

static _Atomic int state;

static void post(void) {
  int before = atomic_load_explicit(&state, memory_order_acquire);
  if (before == INIT && atomic_compare_exchange_strong_explicit(&state, &before, EARLY_DELIVERY, memory_order_release,
                                                                memory_order_relaxed)) {
    return;
  }
  atomic_store_explicit(&state, LATE_DELIVERY, memory_order_release); /* and wakes the futex */
}

static void wait_slow(void) {
  int expected = INIT;
  if (!atomic_compare_exchange_strong_explicit(&state, &expected, WAITING, memory_order_relaxed,
                                               memory_order_relaxed)) {
    assert(expected == EARLY_DELIVERY);
    atomic_thread_fence(memory_order_acquire);
    return;
  }
  while (atomic_load_explicit(&state, memory_order_acquire) != LATE_DELIVERY) continue; /* sleeps on the futex */
}

#include "scenario.h"
