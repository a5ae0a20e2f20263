/* crossbeam-channel, list flavour: the first block is installed by a sender, discarded by the last receiver. */
#include "../zoo.h"

enum { MARK = 1, STEP = 2 };

typedef struct {
  int slots[2];
} block;

static _Atomic(block *) head_block, tail_block;
static _Atomic unsigned head_index, tail_index;

static bool start_send(void) {
  for (;;) {
    unsigned tail = atomic_load_explicit(&tail_index, memory_order_acquire);
    if (tail & MARK) return false;
    block *current = atomic_load_explicit(&tail_block, memory_order_acquire);
    if (current == NULL) {
      block *fresh = malloc(sizeof *fresh);
      if (fresh == NULL) abort();
      if (!atomic_compare_exchange_strong_explicit(&tail_block, &current, fresh, memory_order_release,
                                                   memory_order_relaxed)) {
        free(fresh);
        continue;
      }
      atomic_store_explicit(&head_block, fresh, memory_order_release);
    }
    if (atomic_compare_exchange_strong(&tail_index, &tail, tail + STEP)) return true;
  }
}

static void snooze(void) {
  while (atomic_load_explicit(&head_block, memory_order_acquire) == NULL) continue;
}

static void discard_all_messages(void) {
  const unsigned tail = atomic_fetch_or(&tail_index, MARK);
  const unsigned head = atomic_load_explicit(&head_index, memory_order_acquire);
  block *first = atomic_exchange_explicit(&head_block, NULL, memory_order_acq_rel);
  if (head != tail) { /* another sender's message is there: the block is about to be */
    while (first == NULL) {
      snooze();
      first = atomic_exchange_explicit(&head_block, NULL, memory_order_acq_rel);
    }
  }
  free(first);
  atomic_store_explicit(&head_index, tail, memory_order_release);
}

static void drop_channel(void) { free(atomic_load_explicit(&head_block, memory_order_relaxed)); }

#include "scenario.h"
