/* iceoryx MpmcLoFFLi: index and ABA counter in one word; the links are relaxed atomics here. */
#include "../zoo.h"

enum { END = 2, INVALID = 3 };

typedef struct {
  uint32_t index, aba;
} node;

static _Atomic uint64_t head;
static _Atomic uint32_t next_free[2] = {1, END};

static node unpack(uint64_t word) { return (node){(uint32_t)word, (uint32_t)(word >> 32)}; }

static bool swap_head(uint64_t *seen, node old, node fresh) {
  *seen = ((uint64_t)old.aba << 32) | old.index;
  return atomic_compare_exchange_strong_explicit(&head, seen, ((uint64_t)fresh.aba << 32) | fresh.index,
                                                 memory_order_acq_rel, memory_order_acquire);
}

static bool pop(uint32_t *index) {
  uint64_t seen = atomic_load_explicit(&head, memory_order_acquire);
  node old, fresh = unpack(seen);
  do {
    old = unpack(seen);
    if (old.index == END) return false;
    fresh.index = atomic_load_explicit(&next_free[old.index], memory_order_relaxed);
    fresh.aba = old.aba + 1;
  } while (!swap_head(&seen, old, fresh));
  atomic_store_explicit(&next_free[old.index], INVALID, memory_order_relaxed);
  *index = old.index;
  return true;
}

static void push(uint32_t index) {
  uint64_t seen = atomic_load_explicit(&head, memory_order_acquire);
  node old, fresh = unpack(seen);
  do {
    old = unpack(seen);
    atomic_store_explicit(&next_free[index], old.index, memory_order_relaxed);
    fresh.index = index;
    fresh.aba = old.aba + 1;
  } while (!swap_head(&seen, old, fresh));
}

#include "scenario.h"
