/* DPDK rte_ring_c11_mem.h in 2018: one producer, one consumer; the counters are plain words, as there. */
#include "../zoo.h"

static uint32_t prod_tail, cons_head;
static int slots[2];

static void enqueue(int value) {
  const uint32_t tail = __atomic_load_n(&prod_tail, __ATOMIC_RELAXED);
  slots[tail & 1] = value;
  __atomic_store_n(&prod_tail, tail + 1, __ATOMIC_RELEASE);
}

static bool dequeue(int *value) {
  const uint32_t old_head = __atomic_load_n(&cons_head, __ATOMIC_ACQUIRE);
  const uint32_t tail = prod_tail; /* BROKEN */
  if (tail == old_head) return false;
  __atomic_store_n(&cons_head, old_head + 1, __ATOMIC_RELAXED);
  *value = slots[old_head & 1];
  return true;
}

#include "scenario.h"
