/* SPDX-License-Identifier: MIT */
/* One record at a time: bytes used again, full, empty, padding before the edge, positions that wrap at 2^64. */
#include "bytes.h"

static void *push_two_long(void *unused) {
  (void)push_next(LONGEST);
  (void)push_next(LONGEST);
  return unused;
}

static void *push_three_long(void *unused) {
  (void)push_next(LONGEST);
  return push_two_long(unused);
}

static void *push_short_then_long(void *unused) {
  (void)push_next(sizeof(uint64_t));
  (void)push_next(LONGEST);
  return unused;
}

static void *pop_two(void *unused) {
  (void)pop_next();
  (void)pop_next();
  return unused;
}

/* The positions pass 2^64, and the third record needs the first one's bytes.
 * specification: queue, capacity 2, weak full, weak empty
 * progress: wait-free 4 */
LF_SCENARIO(wrap) {
  make_queue(UINT64_MAX - 31);
  race_two(push_three_long, pop_two);
  drain();
}

/* A long record does not fit before the edge: padding is published with it and skipped with it.
 * progress: wait-free 4 */
LF_SCENARIO(padding) {
  make_queue(UINT64_MAX - 15);
  race_two(push_two_long, pop_two);
  drain();
}

/* Full when it starts: a push may only succeed after a pop has left its bytes.
 * specification: queue, capacity 2, weak full, weak empty
 * progress: wait-free 4 */
LF_SCENARIO(full) {
  make_queue(0);
  (void)push_two_long(NULL);
  race_two(push_two_long, pop_two);
  drain();
}

/* Records of two lengths; the second crosses 2^64 and the edge.
 * progress: wait-free 3 */
LF_SCENARIO(two_lengths) {
  make_queue(UINT64_MAX - 15);
  race_two(push_short_then_long, pop_two);
  drain();
}

static void *push_too_big(void *unused) {
  unsigned char payload[LONGEST + 1] = {0};
  assert(lf_spsc_bytes_push(queue, payload, sizeof(payload)) == LF_TOO_BIG);
  (void)push_next(LONGEST);
  return unused;
}

static void *pop_into_too_little(void *unused) {
  uint64_t word;
  size_t len;
  const lf_status status = lf_spsc_bytes_pop(queue, &word, sizeof(word), &len);
  assert(status == LF_EMPTY || (status == LF_TOO_BIG && len == LONGEST)); /* and takes nothing */
  return pop_two(unused);
}

/* What is too long goes neither in nor out, and does no harm.
 * progress: wait-free 3 */
LF_SCENARIO(too_big) {
  make_queue(0);
  race_two(push_too_big, pop_into_too_little);
  drain();
}
