/* Rust's Arc: get_mut gives the contents to whoever holds the only reference. */
#include "../zoo.h"

#define LOCKED (-1)

static _Atomic int strong = 2, weak = 1;
static int contents = 1;

static void drop_reference(void) { (void)atomic_fetch_sub_explicit(&strong, 1, memory_order_release); }

static bool is_unique(void) {
  int expected = 1;
  if (!atomic_compare_exchange_strong_explicit(&weak, &expected, LOCKED, memory_order_acquire, memory_order_relaxed)) {
    return false;
  }
  const bool unique = atomic_load_explicit(&strong, memory_order_acquire) == 1;
  atomic_store_explicit(&weak, 1, memory_order_release);
  return unique;
}

#include "scenario.h"
