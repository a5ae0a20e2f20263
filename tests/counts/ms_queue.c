/* Michael and Scott's queue over node indices with counters: two threads enqueue and dequeue one each.
 * As in the published program, an execution whose dequeue loses its swap is of no interest; EVERY_TRY keeps those. */
#include <lockfree/check.h>

#include "threads.h"

enum { NIL = 0, STUB = 1, PER_THREAD = 4, POISON = 0x666 };

typedef unsigned long long pointer; /* count above, index below */

static struct {
  unsigned value;
  atomic_ullong next;
} nodes[16];

static atomic_ullong head, tail;

static unsigned index_of(pointer p) { return (unsigned)(p & 0xffffffffu); }

static pointer make(unsigned index, pointer count) { return (count << 32) | index; }

static pointer count_of(pointer p) { return p >> 32; }

static void enqueue(unsigned node, unsigned value) {
  nodes[node].value = value;
  const pointer old = LOAD(nodes[node].next, relaxed);
  STORE(nodes[node].next, make(NIL, count_of(old)), relaxed);
  pointer last;
  for (bool done = false; !done;) {
    last = LOAD(tail, acquire);
    pointer next = LOAD(nodes[index_of(last)].next, acquire);
    if (last != LOAD(tail, relaxed)) continue;
    if (index_of(next) == NIL) {
      done = atomic_compare_exchange_strong_explicit(&nodes[index_of(last)].next, &next, make(node, count_of(next) + 1),
                                                     memory_order_release, memory_order_relaxed);
    }
    if (!done) {
      const unsigned seen = index_of(LOAD(nodes[index_of(last)].next, acquire));
      (void)atomic_compare_exchange_strong_explicit(&tail, &last, make(seen, count_of(last) + 1), memory_order_release,
                                                    memory_order_relaxed);
    }
  }
  (void)atomic_compare_exchange_strong_explicit(&tail, &last, make(node, count_of(last) + 1), memory_order_release,
                                                memory_order_relaxed);
}

static bool dequeue(unsigned *value) {
  for (;;) {
    pointer first = LOAD(head, acquire);
    pointer last = LOAD(tail, acquire);
    const pointer next = LOAD(nodes[index_of(first)].next, acquire);
    if (LOAD(head, relaxed) != first) continue;
    if (index_of(first) == index_of(last)) {
      if (index_of(next) == NIL) return false;
      (void)atomic_compare_exchange_strong_explicit(&tail, &last, make(index_of(next), count_of(last) + 1),
                                                    memory_order_release, memory_order_relaxed);
    } else {
      *value = nodes[index_of(next)].value;
      if (atomic_compare_exchange_strong_explicit(&head, &first, make(index_of(next), count_of(first) + 1),
                                                  memory_order_release, memory_order_relaxed)) {
        return true;
      }
#ifndef EVERY_TRY
      LF_ASSUME(false);
#endif
    }
  }
}

static void *both(void *argument) {
  unsigned value;
  const unsigned mine = (unsigned)number(argument);
  enqueue(STUB + 1 + mine * PER_THREAD, mine * 10);
  if (dequeue(&value)) assert(value == 0 || value == 10);
  return NULL;
}

int main(void) {
  for (unsigned i = 0; i < 2; i++) atomic_init(&nodes[STUB + 1 + i * PER_THREAD].next, make(POISON, 0));
  atomic_init(&head, make(STUB, 0));
  atomic_init(&tail, make(STUB, 0));
  atomic_init(&nodes[STUB].next, make(NIL, 0));
  run_many(both, 2);
  return 0;
}
