/* SPDX-License-Identifier: MIT */
/* Closing: by the producer, by the consumer, by a third thread. */
#include "ring.h"

static void *push_then_close(void *unused) {
  (void)push_next();
  close_ring();
  assert(push_next() == LF_CLOSED);
  return unused;
}

static void *pop_until_closed(void *unused) {
  for (int i = 0; i < 3; i++) {
    if (pop_next() != LF_CLOSED) continue;
    assert(popped_items == 1); /* all that went in before the close came out before this answer */
    break;
  }
  return unused;
}

static void *push_once(void *unused) {
  const lf_status status = push_next();
  assert(status == LF_OK || status == LF_CLOSED);
  return unused;
}

static void *pop_then_close(void *unused) {
  (void)pop_next();
  close_ring();
  return unused;
}

static void *close_only(void *unused) {
  close_ring();
  return unused;
}

static void *pop_twice(void *unused) {
  (void)pop_next();
  (void)pop_next();
  return unused;
}

/* CLOSED only when everything pushed before the close has been popped.
 * specification: queue, capacity 2, weak full, weak empty
 * progress: wait-free 5 */
LF_SCENARIO(close_by_producer) {
  make_ring(2, UINT64_MAX);
  race_two(push_then_close, pop_until_closed);
  drain();
}

/* The consumer wants no more: the producer is told, and nothing that went in is lost.
 * specification: queue, capacity 2, weak full, weak empty
 * progress: wait-free 4 */
LF_SCENARIO(close_by_consumer) {
  make_ring(2, UINT64_MAX);
  race_two(push_once, pop_then_close);
  drain();
}

/* A third thread closes at any moment.
 * specification: queue, capacity 2, weak full, weak empty
 * progress: wait-free 5 */
LF_SCENARIO(close_by_third) {
  make_ring(2, UINT64_MAX);
  const lf_thread closer = lf_spawn(close_only, NULL);
  race_two(push_once, pop_twice);
  lf_join(closer);
  drain();
}
