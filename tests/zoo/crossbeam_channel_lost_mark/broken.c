/* crossbeam-channel, list flavour: the tail's low bit says "disconnected"; a sender steps over the end of a block. */
#include "../zoo.h"

enum { MARK = 1, STEP = 2 };

static _Atomic unsigned tail_index;

static bool send_into_last_slot(void) {
  unsigned tail = atomic_load_explicit(&tail_index, memory_order_acquire);
  do {
    if (tail & MARK) return false;
  } while (!atomic_compare_exchange_strong(&tail_index, &tail, tail + STEP));
  /* the next block is installed here */
  atomic_store_explicit(&tail_index, tail + 2 * STEP, memory_order_release); /* BROKEN */
  return true;
}

static void disconnect(void) { (void)atomic_fetch_or(&tail_index, MARK); }

#include "scenario.h"
