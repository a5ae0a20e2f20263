/* DPDK rte_ring, C11, default (multi-thread) mode: moving a head. */
#include "../zoo.h"

#define CAPACITY 2u

typedef struct {
  _Atomic uint32_t head;
  _Atomic uint32_t tail;
} headtail;

static headtail prod, cons;

static unsigned move_head(headtail *d, headtail *s, uint32_t capacity, uint32_t *old_head) {
  bool success;
  *old_head = atomic_load_explicit(&d->head, memory_order_relaxed);
  do {
    atomic_thread_fence(memory_order_acquire);
    const uint32_t stail = atomic_load_explicit(&s->tail, memory_order_acquire); /* BROKEN */
    const uint32_t entries = capacity + stail - *old_head;
    assert(entries <= CAPACITY && "a head ran ahead of the other side's tail");
    if (entries == 0) return 0;
    success = atomic_compare_exchange_strong_explicit(&d->head, old_head, *old_head + 1, memory_order_relaxed,
                                                      memory_order_relaxed);
  } while (!success);
  return 1;
}

static void update_tail(headtail *ht, uint32_t old_val) {
  while (atomic_load_explicit(&ht->tail, memory_order_relaxed) != old_val) continue;
  atomic_store_explicit(&ht->tail, old_val + 1, memory_order_release);
}

#include "scenario.h"
