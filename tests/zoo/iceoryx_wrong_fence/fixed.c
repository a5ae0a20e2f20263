/* iceoryx MpmcLoFFLi: a lock-free list of free indices; push looks whether the index was popped. No ABA counter here. */
#include "../zoo.h"

enum { END = 2, INVALID = 3 };

static _Atomic unsigned head;
static unsigned next_free[2] = {1, END};

static bool pop(unsigned *index) {
  unsigned old = atomic_load_explicit(&head, memory_order_acquire);
  do {
    if (old == END) return false;
  } while (!atomic_compare_exchange_strong_explicit(&head, &old, next_free[old], memory_order_acq_rel,
                                                    memory_order_acquire));
  next_free[old] = INVALID;
  atomic_thread_fence(memory_order_release);
  *index = old;
  return true;
}

static bool push(unsigned index) {
  atomic_thread_fence(memory_order_acquire);
  if (next_free[index] != INVALID) return false; /* never popped, or pushed twice */
  unsigned old = atomic_load_explicit(&head, memory_order_acquire);
  do {
    next_free[index] = old;
  } while (!atomic_compare_exchange_strong_explicit(&head, &old, index, memory_order_acq_rel, memory_order_acquire));
  return true;
}

#include "scenario.h"
