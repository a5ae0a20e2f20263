/* boost::lockfree::queue: nodes come from a free list; links carry a tag against ABA. */
#include "../zoo.h"

enum { NIL = 0, NODES = 4 };

typedef uint64_t handle; /* tag above, index below */

static _Atomic handle head, tail, next[NODES];

static unsigned index_of(handle h) { return (unsigned)(h & 0xffff); }

static handle tagged(unsigned index, uint64_t tag) { return (tag << 16) | index; }

static void construct(unsigned node) {
  const handle old_next = atomic_load(&next[node]);
  atomic_store(&next[node], tagged(NIL, (old_next >> 16) + 1));
}

static void push(unsigned node) {
  construct(node);
  for (;;) {
    handle last = atomic_load(&tail);
    handle link = atomic_load(&next[index_of(last)]);
    if (last != atomic_load(&tail)) continue;
    if (index_of(link) != NIL) {
      (void)atomic_compare_exchange_strong(&tail, &last, tagged(index_of(link), (last >> 16) + 1));
    } else if (atomic_compare_exchange_strong(&next[index_of(last)], &link, tagged(node, (link >> 16) + 1))) {
      (void)atomic_compare_exchange_strong(&tail, &last, tagged(node, (last >> 16) + 1));
      return;
    }
  }
}

/* The node that leaves the queue; NIL if it is empty. */
static unsigned pop(void) {
  for (;;) {
    handle first = atomic_load(&head);
    handle last = atomic_load(&tail);
    const handle link = atomic_load(&next[index_of(first)]);
    if (first != atomic_load(&head)) continue;
    if (index_of(first) == index_of(last)) {
      if (index_of(link) == NIL) return NIL;
      (void)atomic_compare_exchange_strong(&tail, &last, tagged(index_of(link), (last >> 16) + 1));
    } else if (atomic_compare_exchange_strong(&head, &first, tagged(index_of(link), (first >> 16) + 1))) {
      return index_of(first);
    }
  }
}

#include "scenario.h"
