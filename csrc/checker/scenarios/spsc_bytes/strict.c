/* SPDX-License-Identifier: MIT */
/* Strict mode: FULL and EMPTY are exact, so that both sides can never miss each other. */
#include "bytes.h"

static lf_status second_push, second_pop;

static void *push_two(void *unused) {
  (void)push_next(LONGEST);
  second_push = push_next(LONGEST);
  return unused;
}

static void *pop_two(void *unused) {
  (void)pop_next();
  second_pop = pop_next();
  return unused;
}

/* Room for two, one is inside. The second push is refused only if it came before the first pop, the second pop only if
 * it came before the first push: not both.
 * specification: queue, capacity 2
 * progress: wait-free 6 */
LF_SCENARIO(strict) {
  make_queue(UINT64_MAX - 31);
  lf_spsc_bytes_set_strict(queue, true);
  (void)push_next(LONGEST);
  race_two(push_two, pop_two);
  assert(!(second_push == LF_FULL && second_pop == LF_EMPTY));
  drain();
}
