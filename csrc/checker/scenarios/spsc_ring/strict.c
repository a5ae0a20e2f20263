/* SPDX-License-Identifier: MIT */
/* Strict mode: FULL and EMPTY are exact, so that both sides can never miss each other. */
#include "ring.h"

static lf_status second_push, second_pop;

static void *push_two(void *unused) {
  (void)push_next();
  second_push = push_next();
  return unused;
}

static void *pop_two(void *unused) {
  (void)pop_next();
  second_pop = pop_next();
  return unused;
}

/* One of two slots is taken. The second push is refused only if it came before the first pop, the second pop only if it
 * came before the first push: not both.
 * specification: queue, capacity 2
 * progress: wait-free 6 */
LF_SCENARIO(strict) {
  make_ring(2, UINT64_MAX);
  lf_spsc_ring_set_strict(ring, true);
  (void)push_next();
  race_two(push_two, pop_two);
  assert(!(second_push == LF_FULL && second_pop == LF_EMPTY));
  drain();
}

/* The same with the one slot used again and again.
 * specification: queue, capacity 1
 * progress: wait-free 6 */
LF_SCENARIO(strict_one_slot) {
  make_ring(1, UINT64_MAX);
  lf_spsc_ring_set_strict(ring, true);
  race_two(push_two, pop_two);
  drain();
}
