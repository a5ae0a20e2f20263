/* Pony messageq: many producers append with one exchange, then link. */
#include "../zoo.h"

typedef struct message {
  _Atomic(struct message *) next;
} message;

static message stub;
static _Atomic(message *) head = &stub;

static void push(message *last) {
  atomic_store_explicit(&last->next, NULL, memory_order_relaxed);
  message *prev = atomic_exchange_explicit(&head, last, memory_order_acq_rel);
  atomic_store_explicit(&prev->next, last, memory_order_release);
}

#include "scenario.h"
