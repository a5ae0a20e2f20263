/* nsync: unlock with waiters takes the spin lock and lets the mutex go in one step. */
#include "../zoo.h"

enum { LOCKED = 1, SPINLOCK = 2, WAITING = 4, DESIG_WAKER = 8 };

static _Atomic unsigned word = LOCKED | WAITING;

static bool try_lock(void) {
  unsigned old = atomic_load_explicit(&word, memory_order_relaxed);
  return (old & LOCKED) == 0 &&
         atomic_compare_exchange_strong_explicit(&word, &old, old | LOCKED, memory_order_acquire, memory_order_relaxed);
}

static void unlock_slow(void) {
  unsigned old = atomic_load_explicit(&word, memory_order_relaxed), fresh;
  do {
    fresh = (old - LOCKED) | SPINLOCK | DESIG_WAKER;
  } while (!atomic_compare_exchange_strong_explicit(&word, &old, fresh, memory_order_acq_rel, memory_order_relaxed));
  /* chooses whom to wake */
  (void)atomic_fetch_and_explicit(&word, ~(unsigned)SPINLOCK, memory_order_release);
}

#include "scenario.h"
