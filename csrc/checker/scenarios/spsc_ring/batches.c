/* SPDX-License-Identifier: MIT */
/* Batches that cross the edge of the slots, and that find less room or fewer items than they asked for. */
#include "ring.h"

static void push_batch(size_t n) {
  uint64_t items[MOST_CAPACITY];
  for (size_t i = 0; i < n; i++) items[i] = pushed_items + 1 + i;
  LF_INVOKE("push_n", n);
  const size_t put = lf_spsc_ring_push_n(ring, items, n);
  LF_RETURN("ok", put);
  pushed_items += put;
}

static void pop_batch(size_t n) {
  uint64_t items[MOST_CAPACITY];
  LF_INVOKE("pop_n", n);
  const size_t got = lf_spsc_ring_pop_n(ring, items, n);
  LF_RETURN("ok", got);
  for (size_t i = 0; i < got; i++) assert(items[i] == ++popped_items);
}

static void *push_two_twice(void *unused) {
  push_batch(2);
  push_batch(2);
  return unused;
}

static void *pop_two_twice(void *unused) {
  pop_batch(2);
  pop_batch(2);
  return unused;
}

static void *push_three_at_once(void *unused) {
  push_batch(3);
  return unused;
}

/* Each batch is cut in two by the edge, and the counters pass 2^64.
 * progress: wait-free 4 */
LF_SCENARIO(batch_over_the_edge) {
  make_ring(2, UINT64_MAX);
  race_two(push_two_twice, pop_two_twice);
  drain();
}

/* Three asked for, two fit: what went in is the first two.
 * progress: wait-free 3 */
LF_SCENARIO(batch_too_large) {
  make_ring(2, UINT64_MAX);
  race_two(push_three_at_once, pop_two_twice);
  assert(pushed_items == 2);
  drain();
}

/* One inside and one free: the batch may find one slot or two.
 * progress: wait-free 4 */
LF_SCENARIO(batch_beside_an_item) {
  make_ring(2, 0);
  (void)push_next();
  race_two(push_two_twice, pop_two_twice);
  drain();
}
