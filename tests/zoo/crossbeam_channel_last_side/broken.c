/* crossbeam-channel: the last sender and the last receiver go; one of them frees the channel. */
#include "../zoo.h"

typedef struct {
  _Atomic int senders, receivers;
  _Atomic int mark, waiting;
  _Atomic bool destroy;
} counter;

static counter *shared;

/* True for the side that disconnects first, which wakes all that wait. */
static bool disconnect(counter *c) {
  if (atomic_exchange(&c->mark, 1) != 0) return false;
  atomic_store(&c->waiting, 0);
  return true;
}

static void release(counter *c, _Atomic int *references) {
  if (atomic_fetch_sub_explicit(references, 1, memory_order_acq_rel) == 1) {
    if (!disconnect(c)) free(c); /* BROKEN */
  }
}

#include "scenario.h"
