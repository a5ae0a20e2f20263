/* SPDX-License-Identifier: MIT */
/* counters.c: what has become of the events of this process, counted and not derived.
 *
 * Ordering
 *   emit:reject -> audit:rejected   what is seen rejected is seen offered, if offered is read later */
#include "internal.h"

static uint64_t look(LF_ATOMIC(uint64_t) * counter) {
  /* relaxed: a statistic */
  return atomic_load_explicit(counter, memory_order_relaxed);
}

/* Records from the acknowledged one on, walked in the lane: nobody but us moves popped while we hold the lock. */
static uint64_t walk(lf_lane *lane) {
  lf_spsc_bytes *queue = lane->queue;
  uint64_t position = lf_spsc_bytes_popped(queue);
  queue->pushed_seen = position;
  uint64_t ready = lf_spsc_bytes_ready_(queue, position), expected = lane->expected;
  lf_run run;
  memset(&run, 0, sizeof run);
  while (ready != 0) {
    const uint64_t to_edge = lf_spsc_bytes_to_edge_(queue, position);
    const uint64_t span = ready < to_edge ? ready : to_edge;
    const size_t took = lf_run_take(&run, lf_spsc_bytes_at_(queue, position), span, &expected, span);
    /* What is left before the edge is padding; what is left elsewhere is not a record. */
    if (took == 0 && span != to_edge) break;
    position += span == to_edge ? span : took;
    ready -= span == to_edge ? span : took;
  }
  return run.count;
}

static void add_lane(lf_lane *lane, lf_counters *out) {
  lf_lane_file *file = lane->file;
  if (lane->queue == NULL) return;
  const uint64_t pending = walk(lane);
  out->delivered += look(&file->delivered);
  out->pending += pending;
  out->accepted += look(&file->acked_seq) + pending;
  for (int i = 0; i < LF_REASONS; i++) {
    /* [audit:rejected] pairs with [emit:reject] */
    out->rejected[i] += atomic_load_explicit(&file->rejected[i], memory_order_acquire);
  }
  out->offered += look(&file->offered);
}

void lf_collector_counters(lf_collector *collector, lf_counters *out) {
  memset(out, 0, sizeof *out);
  lf_drain_lock(collector);
  const uint32_t lanes = lf_lanes_count(collector);
  for (uint32_t i = 0; i < lanes; i++) add_lane(collector->lane[i], out);
  out->lanes = lanes;
  lf_process_file *file = lf_collector_is_stale(collector) ? NULL : collector->process.file;
  for (int i = 0; i < LF_REASONS && file != NULL; i++) out->rejected[i] += look(&file->rejected[i]);
  if (file != NULL) out->offered += look(&file->offered);
  for (int i = 0; i < LF_REASONS; i++) {
    out->rejected[i] += look(&collector->homeless[i]);
    out->offered += look(&collector->homeless[i]);
  }
  lf_drain_unlock(collector);
}

void lf_collector_reject(lf_collector *collector, lf_reason reason) {
  /* relaxed: tells which reason to write down */
  if (reason == LF_REASON_NO_LANE && atomic_load_explicit(&collector->closing, memory_order_relaxed) != 0) {
    reason = LF_REASON_CLOSED;
  }
  if ((unsigned)reason >= LF_REASONS) return;
  if (lf_collector_is_stale(collector)) {
    pthread_mutex_lock(&collector->lock);
    (void)lf_collector_revive(collector);
    pthread_mutex_unlock(&collector->lock);
  }
  lf_process_file *file = lf_collector_is_stale(collector) ? NULL : collector->process.file;
  if (file == NULL) {
    /* relaxed: a statistic with several writers */
    atomic_fetch_add_explicit(&collector->homeless[reason], 1u, memory_order_relaxed);
    return;
  }
  /* relaxed: a statistic with several writers; the ledger's line takes the sum of the reasons */
  atomic_fetch_add_explicit(&file->offered, 1u, memory_order_relaxed);
  /* relaxed: as above */
  atomic_fetch_add_explicit(&file->rejected[reason], 1u, memory_order_relaxed);
}
