/* moodycamel::ReaderWriterQueue: the producer links a new block, size_approx() walks the ring of blocks. */
#include "../zoo.h"

typedef struct block {
  _Atomic(struct block *) next;
  _Atomic size_t front, tail;
  size_t size_mask;
} block;

static block blocks[2];
static _Atomic(block *) front_block, tail_block;

static void enqueue_in_new_block(void) {
  block *last = atomic_load_explicit(&tail_block, memory_order_relaxed);
  block *fresh = &blocks[1];
  fresh->size_mask = 3;
  atomic_store_explicit(&fresh->tail, 1, memory_order_relaxed);
  atomic_store_explicit(&fresh->next, atomic_load_explicit(&last->next, memory_order_relaxed), memory_order_relaxed);
  atomic_store_explicit(&last->next, fresh, memory_order_relaxed); /* BROKEN */
  atomic_thread_fence(memory_order_release);
  atomic_store_explicit(&tail_block, fresh, memory_order_relaxed);
}

static size_t size_approx(void) {
  size_t result = 0;
  block *first = atomic_load_explicit(&front_block, memory_order_relaxed), *each = first;
  do {
    atomic_thread_fence(memory_order_acquire);
    const size_t front = atomic_load_explicit(&each->front, memory_order_relaxed);
    const size_t tail = atomic_load_explicit(&each->tail, memory_order_relaxed);
    result += (tail - front) & each->size_mask;
    each = atomic_load_explicit(&each->next, memory_order_relaxed);
  } while (each != first);
  return result;
}

#include "scenario.h"
