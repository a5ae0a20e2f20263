/* SPDX-License-Identifier: MIT */
/* bytes.h: the queue of records under test, its operations with marks, and what must be true when all is over.
 *
 * A buffer of 64 bytes, the smallest there is, holds two records of the longest payload, 24 bytes. Item i is a record
 * of one or three words that are all i, so that a torn or half-written record is seen.
 */
#ifndef LOCKFREE_CHECKER_SCENARIOS_BYTES_H
#define LOCKFREE_CHECKER_SCENARIOS_BYTES_H

#include <lockfree/spsc_bytes.h>

#include "../marked.h"

enum { BUFFER = 64, WORDS = 3, LONGEST = WORDS * sizeof(uint64_t) };
static LF_ALIGNAS(LF_LINE) unsigned char memory[sizeof(struct lf_spsc_bytes) + BUFFER];
static lf_spsc_bytes *queue;
static uint64_t pushed_items; /* the producer's: how many went in */
static uint64_t popped_items; /* the consumer's: how many came out */

static inline void make_queue(uint64_t start) {
  pushed_items = popped_items = 0;
  queue = lf_spsc_bytes_init_at(memory, sizeof(memory), BUFFER, start);
  assert(queue != NULL && lf_spsc_bytes_max_record(queue) == LONGEST);
}

static inline void expect_next(const void *payload, size_t len) {
  uint64_t words[WORDS];
  assert(len == LONGEST || len == sizeof(uint64_t));
  memcpy(words, payload, len);
  popped_items++;
  for (size_t i = 0; i < len / sizeof(uint64_t); i++) assert(words[i] == popped_items);
}

static inline lf_status push_next(size_t len) {
  const uint64_t item = pushed_items + 1;
  const uint64_t words[WORDS] = {item, item, item};
  LF_INVOKE("push", item);
  const lf_status status = lf_spsc_bytes_push(queue, words, len);
  LF_RETURN(answer_of(status), 0);
  if (status == LF_OK) pushed_items++;
  return status;
}

static inline lf_status pop_next(void) {
  uint64_t words[WORDS] = {0};
  size_t len = 0;
  LF_INVOKE("pop", 0);
  const lf_status status = lf_spsc_bytes_pop(queue, words, sizeof(words), &len);
  LF_RETURN(answer_of(status), words[0]);
  if (status == LF_OK) expect_next(words, len);
  return status;
}

static inline void close_queue(void) {
  LF_INVOKE("close", 0);
  lf_spsc_bytes_close(queue);
  LF_RETURN("ok", 0);
}

/* After the joins: everything that went in has come out, in order, and no more. */
static inline void drain(void) {
  while (pop_next() == LF_OK) {
  }
  assert(popped_items == pushed_items);
  assert(lf_spsc_bytes_used(queue) == 0);
}

static inline void race_two(void *(*producer)(void *), void *(*consumer)(void *)) {
  const lf_thread a = lf_spawn(producer, NULL), b = lf_spawn(consumer, NULL);
  lf_join(a);
  lf_join(b);
}

#endif
