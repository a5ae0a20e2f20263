/* SPDX-License-Identifier: MIT */
/* ring.h: the ring under test, its operations with marks, and what must be true when all is over.
 *
 * What is pushed counts 1, 2, 3: the consumer knows the next item, and a wrong one is a failed assertion. Items lie in
 * plain memory: a missing order is a data race on the slot.
 */
#ifndef LOCKFREE_CHECKER_SCENARIOS_RING_H
#define LOCKFREE_CHECKER_SCENARIOS_RING_H

#include <lockfree/spsc_ring.h>

#include "../marked.h"

enum { MOST_CAPACITY = 4 };
static LF_ALIGNAS(LF_LINE) unsigned char memory[sizeof(struct lf_spsc_ring) + MOST_CAPACITY * sizeof(uint64_t)];
static lf_spsc_ring *ring;
static uint64_t pushed_items; /* the producer's: how many went in */
static uint64_t popped_items; /* the consumer's: how many came out */

static inline void make_ring(size_t capacity, uint64_t start) {
  pushed_items = popped_items = 0;
  ring = lf_spsc_ring_init_at(memory, sizeof(memory), capacity, sizeof(uint64_t), start);
  assert(ring != NULL);
}

static inline lf_status push_next(void) {
  const uint64_t item = pushed_items + 1;
  LF_INVOKE("push", item);
  const lf_status status = lf_spsc_ring_push(ring, &item);
  LF_RETURN(answer_of(status), 0);
  if (status == LF_OK) pushed_items++;
  return status;
}

static inline lf_status pop_next(void) {
  uint64_t item = 0;
  LF_INVOKE("pop", 0);
  const lf_status status = lf_spsc_ring_pop(ring, &item);
  LF_RETURN(answer_of(status), item);
  if (status == LF_OK) assert(item == ++popped_items);
  return status;
}

static inline void close_ring(void) {
  LF_INVOKE("close", 0);
  lf_spsc_ring_close(ring);
  LF_RETURN("ok", 0);
}

/* After the joins: everything that went in has come out, in order, and no more. */
static inline void drain(void) {
  while (pop_next() == LF_OK) {
  }
  assert(popped_items == pushed_items);
  assert(lf_spsc_ring_count(ring) == 0);
}

static inline void race_two(void *(*producer)(void *), void *(*consumer)(void *)) {
  const lf_thread a = lf_spawn(producer, NULL), b = lf_spawn(consumer, NULL);
  lf_join(a);
  lf_join(b);
}

#endif
