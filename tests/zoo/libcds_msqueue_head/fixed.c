/* libcds intrusive::MSQueue: one node is enqueued, two threads dequeue. Nodes are reclaimed at the end only. */
#include <string.h>

#include "../zoo.h"

typedef struct node {
  _Atomic(struct node *) next;
} node;

static node stub;
static _Atomic(node *) head = &stub, tail = &stub;

static void enqueue(node *fresh) {
  atomic_store_explicit(&fresh->next, NULL, memory_order_relaxed);
  for (;;) {
    node *last = atomic_load_explicit(&tail, memory_order_acquire);
    node *next = atomic_load_explicit(&last->next, memory_order_acquire);
    if (next != NULL) {
      (void)atomic_compare_exchange_strong_explicit(&tail, &last, next, memory_order_release, memory_order_relaxed);
    } else if (atomic_compare_exchange_strong_explicit(&last->next, &next, fresh, memory_order_release,
                                                       memory_order_relaxed)) {
      (void)atomic_compare_exchange_strong_explicit(&tail, &last, fresh, memory_order_release, memory_order_relaxed);
      return;
    }
  }
}

static bool dequeue(void) {
  for (;;) {
    node *first = atomic_load_explicit(&head, memory_order_acquire);
    node *next = atomic_load_explicit(&first->next, memory_order_acquire);
    if (atomic_load_explicit(&head, memory_order_acquire) != first) continue;
    if (next == NULL) return false;
    node *last = atomic_load_explicit(&tail, memory_order_acquire);
    if (first == last) {
      (void)atomic_compare_exchange_strong_explicit(&tail, &last, next, memory_order_release, memory_order_relaxed);
      continue;
    }
    if (atomic_compare_exchange_strong_explicit(&head, &first, next, memory_order_release, memory_order_relaxed)) {
      return true;
    }
  }
}

#include "scenario.h"
