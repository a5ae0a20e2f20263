/* folly::Latch: the thread whose count_down reaches zero posts. */
#include "../zoo.h"

static _Atomic int remaining = 2;
static _Atomic bool posted;

static void count_down(void) {
  const int count = atomic_fetch_sub_explicit(&remaining, 1, memory_order_relaxed); /* BROKEN */
  assert(count >= 1);
  if (count == 1) atomic_store_explicit(&posted, true, memory_order_release);
}

static bool try_wait(void) { return atomic_load_explicit(&posted, memory_order_acquire); }

#include "scenario.h"
