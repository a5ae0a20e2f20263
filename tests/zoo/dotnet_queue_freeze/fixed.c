/* .NET ConcurrentQueue: a segment is frozen by a flag and by a tail that is moved far ahead. */
#include "../zoo.h"

#define FREEZE_OFFSET 8

static _Atomic bool frozen_for_enqueues;
static _Atomic int head, tail = 2; /* two items */

static void ensure_frozen(void) {
  (void)atomic_fetch_add(&tail, FREEZE_OFFSET);
  atomic_store_explicit(&frozen_for_enqueues, true, memory_order_release);
}

static bool looks_empty(void) {
  const int current_head = atomic_load_explicit(&head, memory_order_acquire);
  const bool frozen = atomic_load_explicit(&frozen_for_enqueues, memory_order_acquire);
  const int current_tail = atomic_load_explicit(&tail, memory_order_acquire);
  return current_tail - current_head <= 0 || (frozen && current_tail - FREEZE_OFFSET - current_head <= 0);
}

#include "scenario.h"
