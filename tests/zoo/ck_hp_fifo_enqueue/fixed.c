/* Concurrency Kit ck_hp_fifo: a queue of linked nodes, hazard pointers keep the enqueuer's tail from being freed. */
#include "../zoo.h"

typedef struct node {
  _Atomic(struct node *) next;
} node;

static _Atomic(node *) head, tail;
static _Atomic(node *) hazards[2];

static void enqueue(int record, node *entry) {
  node *last;
  atomic_store(&entry->next, NULL);
  for (;;) {
    last = atomic_load(&tail);
    atomic_store(&hazards[record], last);
    if (last != atomic_load(&tail)) continue;
    node *next = atomic_load(&last->next);
    if (next != NULL) {
      (void)atomic_compare_exchange_strong(&tail, &last, next);
      continue;
    }
    if (atomic_compare_exchange_strong(&last->next, &next, entry)) break;
  }
  (void)atomic_compare_exchange_strong(&tail, &last, entry);
  atomic_store(&hazards[record], NULL);
}

#include "scenario.h"
