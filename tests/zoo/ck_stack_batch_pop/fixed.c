/* Concurrency Kit ck_stack: pop and batch pop; head and generation are swapped as one word. */
#include "../zoo.h"

enum { NIL = 0, A, B, NODES };

static _Atomic uint64_t stack; /* generation above, index of the head below */
static _Atomic unsigned next[NODES];

static unsigned index_of(uint64_t word) { return (unsigned)(word & 0xffff); }

static uint64_t word_of(uint64_t generation, unsigned index) { return (generation << 16) | index; }

static void push(unsigned entry) {
  uint64_t old = atomic_load(&stack);
  do {
    atomic_store(&next[entry], index_of(old));
  } while (!atomic_compare_exchange_strong(&stack, &old, word_of(old >> 16, entry)));
}

static unsigned pop(void) {
  uint64_t old = atomic_load(&stack);
  while (index_of(old) != NIL) {
    const unsigned after = atomic_load(&next[index_of(old)]);
    if (atomic_compare_exchange_strong(&stack, &old, word_of((old >> 16) + 1, after))) return index_of(old);
  }
  return NIL;
}

static unsigned batch_pop(void) {
  uint64_t old = atomic_load(&stack);
  while (index_of(old) != NIL) {
    if (atomic_compare_exchange_strong(&stack, &old, word_of((old >> 16) + 1, NIL))) return index_of(old);
  }
  return NIL;
}

#include "scenario.h"
