/* DPDK rte_ring in 2017: __rte_ring_move_cons_head, its volatile accesses as relaxed atomics, without the payload. */
#include "../zoo.h"

#define CAPACITY 2u

static _Atomic uint32_t prod_tail, cons_head;

static bool move_cons_head(void) {
  uint32_t old_head;
  do {
    old_head = atomic_load_explicit(&cons_head, memory_order_relaxed);
    const uint32_t tail = atomic_load_explicit(&prod_tail, memory_order_relaxed); /* BROKEN */
    const uint32_t entries = tail - old_head;
    assert(entries <= CAPACITY && "the consumer went past the producer");
    if (entries == 0) return false;
  } while (!atomic_compare_exchange_strong(&cons_head, &old_head, old_head + 1));
  return true;
}

static void enqueue(void) {
  const uint32_t tail = atomic_load_explicit(&prod_tail, memory_order_relaxed);
  atomic_thread_fence(memory_order_release); /* rte_smp_wmb() */
  atomic_store_explicit(&prod_tail, tail + 1, memory_order_relaxed);
}

#include "scenario.h"
