/* Treiber's stack over node indices with counters: two threads push, one pops. */
#include "threads.h"

enum { NIL = 0, PER_THREAD = 4 };

typedef unsigned long long pointer; /* count above, index below */

static struct {
  unsigned value;
  atomic_ullong next;
} nodes[16];

static atomic_ullong top;
static atomic_int contents[4];

static unsigned index_of(pointer p) { return (unsigned)(p & 0xffffffffu); }

static pointer make(unsigned index, pointer count) { return (count << 32) | index; }

static void push(unsigned node, unsigned value) {
  nodes[node].value = value;
  pointer old, fresh;
  do {
    old = LOAD(top, acquire);
    fresh = make(node, (old >> 32) + 1);
    STORE(nodes[node].next, old, relaxed);
  } while (!atomic_compare_exchange_strong_explicit(&top, &old, fresh, memory_order_release, memory_order_relaxed));
}

static unsigned pop(void) {
  pointer old, fresh;
  do {
    old = LOAD(top, acquire);
    if (index_of(old) == NIL) return 0;
    const pointer next = LOAD(nodes[index_of(old)].next, relaxed);
    fresh = make(index_of(next), (old >> 32) + 1);
  } while (!atomic_compare_exchange_strong_explicit(&top, &old, fresh, memory_order_release, memory_order_relaxed));
  return nodes[index_of(old)].value;
}

static void *pushes(void *argument) {
  const unsigned mine = (unsigned)number(argument);
  STORE(contents[mine], (int)mine + 42, relaxed);
  push(1 + mine * PER_THREAD, mine);
  return NULL;
}

static void *pops(void *unused) {
  const unsigned found = pop();
  if (found != 0) (void)LOAD(contents[found], relaxed);
  return unused;
}

int main(void) {
  RUN(pushes, pushes, pops);
  return 0;
}
