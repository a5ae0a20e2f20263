/* Concurrency Kit ck_ring, single producer, single consumer, one free slot always kept.
 * ck_pr_fence_store orders stores alone: C11 has no such fence, so a compiler fence stands for it.
 * ck relies on a control dependency in enqueue; C11 needs the acquire there. */
#include "../zoo.h"

#define SIZE 2u

static _Atomic unsigned c_head, p_tail;
static int buffer[SIZE];

static bool enqueue(int entry) {
  const unsigned consumer = atomic_load_explicit(&c_head, memory_order_acquire);
  const unsigned producer = atomic_load_explicit(&p_tail, memory_order_relaxed);
  if (((producer + 1) & (SIZE - 1)) == (consumer & (SIZE - 1))) return false;
  buffer[producer & (SIZE - 1)] = entry;
  atomic_store_explicit(&p_tail, producer + 1, memory_order_release);
  return true;
}

static bool dequeue(int *target) {
  const unsigned consumer = atomic_load_explicit(&c_head, memory_order_relaxed);
  const unsigned producer = atomic_load_explicit(&p_tail, memory_order_acquire);
  if (consumer == producer) return false;
  *target = buffer[consumer & (SIZE - 1)];
  atomic_thread_fence(memory_order_release); /* ck_pr_fence_load_store() */
  atomic_store_explicit(&c_head, consumer + 1, memory_order_relaxed);
  return true;
}

#include "scenario.h"
