/* moodycamel::ConcurrentQueue, implicit producers: a block whose elements are all dequeued is used again. */
#include "../zoo.h"

#define BLOCK_SIZE 2

static int elements[BLOCK_SIZE];
static _Atomic int completely_dequeued;

/* True for the dequeue that empties the block. */
static bool set_empty(void) {
  const int before = atomic_fetch_add_explicit(&completely_dequeued, 1, memory_order_acq_rel);
  return before == BLOCK_SIZE - 1;
}

static int dequeue(int index) {
  const int value = elements[index];
  if (set_empty()) { /* to the free list, and from there to an enqueue */
    for (int i = 0; i < BLOCK_SIZE; i++) elements[i] = 100;
  }
  return value;
}

#include "scenario.h"
