/* SPDX-License-Identifier: MIT */
/* One item at a time: slots used again, full, empty, counters that wrap at 2^64. */
#include "ring.h"

static void *push_two(void *unused) {
  (void)push_next();
  (void)push_next();
  return unused;
}

static void *push_three(void *unused) {
  (void)push_next();
  return push_two(unused);
}

static void *pop_two(void *unused) {
  (void)pop_next();
  (void)pop_next();
  return unused;
}

static void *pop_three(void *unused) {
  (void)pop_next();
  return pop_two(unused);
}

/* The counters pass 2^64 while the only slot is used again and again.
 * specification: queue, capacity 1, weak full, weak empty
 * progress: wait-free 4 */
LF_SCENARIO(wrap) {
  make_ring(1, UINT64_MAX);
  race_two(push_three, pop_three);
  drain();
}

/* The second lap around a ring of two slots, starting at the last slot of the counters' range.
 * specification: queue, capacity 2, weak full, weak empty
 * progress: wait-free 4 */
LF_SCENARIO(lap) {
  make_ring(2, UINT64_MAX);
  race_two(push_three, pop_two);
  drain();
}

/* Full when it starts: a push may only succeed after a pop has left its slot.
 * specification: queue, capacity 2, weak full, weak empty
 * progress: wait-free 4 */
LF_SCENARIO(full) {
  make_ring(2, 0);
  (void)push_two(NULL);
  race_two(push_two, pop_two);
  drain();
}

/* A capacity that is no power of two: three of four slots are ever in use.
 * specification: queue, capacity 3, weak full, weak empty
 * progress: wait-free 4 */
LF_SCENARIO(odd_capacity) {
  make_ring(3, UINT64_MAX - 1);
  (void)push_two(NULL);
  race_two(push_two, pop_two);
  drain();
}

/* Empty when it starts: a pop that answers ok has its item whole.
 * specification: queue, capacity 2, weak full, weak empty
 * progress: wait-free 3 */
LF_SCENARIO(empty) {
  make_ring(2, 0);
  race_two(push_two, pop_two);
  drain();
}

static void *look(void *unused) {
  /* Two counters read one after the other: any number from none to all, never one out of range. */
  assert(lf_spsc_ring_count(ring) <= lf_spsc_ring_capacity(ring));
  return unused;
}

/* A third thread may look at the count at any time.
 * specification: queue, capacity 1, weak full, weak empty
 * progress: wait-free 4 */
LF_SCENARIO(looker) {
  make_ring(1, UINT64_MAX);
  const lf_thread looker = lf_spawn(look, NULL);
  race_two(push_two, pop_two);
  lf_join(looker);
  drain();
}
