/* DPDK lock-free rte_stack: popping two elements. A head is an index below a count that each change raises. */
#include "../zoo.h"

enum { NIL = 0, A, B, C, NODES };

static _Atomic uint64_t head;
static _Atomic unsigned next[NODES];
static _Atomic unsigned length;

static unsigned top(uint64_t value) { return (unsigned)(value & 0xffff); }

static uint64_t bumped(uint64_t old, unsigned index) { return (((old >> 16) + 1) << 16) | index; }

static unsigned pop(unsigned num) {
  unsigned len = atomic_load(&length), first, tmp, i;
  do { /* reserve */
    if (len < num) return NIL;
  } while (!atomic_compare_exchange_strong(&length, &len, len - num));

  uint64_t old_head = atomic_load(&head);
  for (;;) {
    first = tmp = top(old_head);
    for (i = 0; i < num && tmp != NIL; i++) tmp = atomic_load(&next[tmp]);
    if (i != num) { /* the list was modified while traversing it */
      old_head = atomic_load(&head);
      continue;
    }
    if (atomic_compare_exchange_strong(&head, &old_head, bumped(old_head, tmp))) return first;
  }
}

#include "scenario.h"
