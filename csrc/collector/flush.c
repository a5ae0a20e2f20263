/* SPDX-License-Identifier: MIT */
/* flush.c: waits until what was emitted before is written.
 *
 * Ordering
 *   round:finish -> flush:look   a flush that sees a round's end sees the positions it left */
#include "internal.h"

#include <stdlib.h>

static bool drained_up_to(lf_collector *c, uint32_t lanes, const uint64_t *target) {
  for (uint32_t i = 0; i < lanes; i++) {
    if ((int64_t)(lf_spsc_bytes_popped(c->lane[i]->queue) - target[i]) < 0) return false;
  }
  return true;
}

static lf_status flush_here(lf_collector *c) {
  uint64_t bytes;
  int error;
  lf_drain_lock(c);
  do error = lf_drain_round(c, &bytes);
  while (error == 0 && bytes != 0);
  lf_drain_unlock(c);
  if (error != 0) lf_trouble_set(c, error, "writing a segment");
  if (error == 0) lf_trouble_clear(c);
  return error == 0 ? LF_OK : LF_BUSY;
}

static lf_status flush_wait(lf_collector *c, uint32_t lanes, const uint64_t *target, int64_t nanoseconds) {
  const int64_t deadline = lf_clock_deadline(nanoseconds);
  /* relaxed: compared with a later value of itself */
  const uint64_t failures = atomic_load_explicit(&c->failures, memory_order_relaxed);
  for (;;) {
    const uint32_t key = lf_eventcount_prepare(c->drained);
    if (drained_up_to(c, lanes, target)) return LF_OK;
    /* [flush:look] pairs with [round:finish] */
    if (atomic_load_explicit(&c->failures, memory_order_acquire) != failures) return LF_BUSY;
    /* [flush:look] pairs with [round:finish] */
    if (atomic_load_explicit(&c->ended, memory_order_acquire) != 0) return LF_CLOSED;
    const int64_t left = deadline == INT64_MAX ? -1 : deadline - lf_clock_monotonic();
    if (deadline != INT64_MAX && left <= 0) return LF_TIMEOUT;
    lf_drain_wake(c);
    if (lf_eventcount_wait(c->drained, key, left) == LF_INTERRUPTED && nanoseconds < 0) continue;
  }
}

lf_status lf_collector_flush(lf_collector *c, int64_t nanoseconds) {
  /* relaxed: closed before the call is the caller's own order */
  if (atomic_load_explicit(&c->closing, memory_order_relaxed) != 0) return LF_CLOSED;
  if (lf_collector_is_stale(c)) return LF_OK; /* a forked child that has emitted nothing */
  if (!c->drains) return flush_here(c);
  const uint32_t lanes = lf_lanes_count(c);
  uint64_t *target = calloc(lanes != 0 ? lanes : 1, sizeof *target);
  if (target == NULL) return LF_BUSY;
  for (uint32_t i = 0; i < lanes; i++) target[i] = lf_spsc_bytes_pushed(c->lane[i]->queue);
  /* relaxed: the eventcount orders it */
  atomic_fetch_add_explicit(&c->hurry, 1u, memory_order_relaxed);
  const lf_status status = flush_wait(c, lanes, target, nanoseconds);
  /* relaxed: as above */
  atomic_fetch_sub_explicit(&c->hurry, 1u, memory_order_relaxed);
  free(target);
  return status;
}
