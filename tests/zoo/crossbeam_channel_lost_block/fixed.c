/* crossbeam-channel, list flavour, one sender: the first block against the receiver that goes. */
#include "../zoo.h"

enum { MARK = 1, STEP = 2 };

typedef struct {
  int slots[2];
} block;

static _Atomic(block *) head_block;
static _Atomic unsigned tail_index;

static bool start_send(void) {
  unsigned tail = atomic_load_explicit(&tail_index, memory_order_acquire);
  if (tail & MARK) return false;
  block *fresh = malloc(sizeof *fresh);
  if (fresh == NULL) abort();
  atomic_store_explicit(&head_block, fresh, memory_order_release);
  return atomic_compare_exchange_strong(&tail_index, &tail, tail + STEP);
}

static void discard_all_messages(void) {
  (void)atomic_fetch_or(&tail_index, MARK);
  block *first = atomic_exchange_explicit(&head_block, NULL, memory_order_acq_rel);
  free(first);
}

static void drop_channel(void) { free(atomic_load_explicit(&head_block, memory_order_relaxed)); }

#include "scenario.h"
