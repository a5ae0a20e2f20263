/* Pony mpmcq: nodes come from a pool and go back to it; tail is an index below a count (bigatomic in the original). */
#include "../zoo.h"

enum { NONE = 0, NODES = 4 };

static _Atomic unsigned next[NODES];
static _Atomic unsigned head;
static _Atomic uint64_t tail;

static unsigned object(uint64_t word) { return (unsigned)(word & 0xffff); }

static void push(unsigned node) {
  atomic_store_explicit(&next[node], NONE, memory_order_relaxed);
  const unsigned prev = atomic_exchange_explicit(&head, node, memory_order_acq_rel);
  atomic_store_explicit(&next[prev], node, memory_order_release);
}

/* NONE if it takes the queue for empty; *recycled is the node that went back to the pool. */
static unsigned pop(unsigned *recycled) {
  uint64_t cmp = atomic_load_explicit(&tail, memory_order_acquire);
  for (;;) {
    const unsigned following = atomic_load_explicit(&next[object(cmp)], memory_order_acquire); /* BROKEN */
    if (following == NONE) {
      return NONE;
    }
    const uint64_t fresh = (((cmp >> 16) + 1) << 16) | following;
    *recycled = object(cmp);
    if (atomic_compare_exchange_strong_explicit(&tail, &cmp, fresh, memory_order_acq_rel, memory_order_acquire)) {
      return following;
    }
  }
}

#include "scenario.h"
