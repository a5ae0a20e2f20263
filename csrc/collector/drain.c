/* SPDX-License-Identifier: MIT */
/* drain.c: the native thread that takes records out of the lanes and has them written.
 *
 * A round looks at every lane once, hands what is there to the segment writer straight from the mapping, and only
 * after the write succeeded moves the lane's acknowledged number and, last, its position. After an error
 * everything stays in the lanes, and the round is tried again with growing pauses.
 *
 * Ordering
 *   round:finish -> flush:look         a flush that sees a round's end sees its positions
 *   stop:ask -> stop:see               what was done before the stop was asked for is seen by the drain */
#include "internal.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

#define RUN_BYTES (1u << 20) /* of one lane in one round, so that no lane waits long for another */
#define PAUSE_FIRST_NS 10000000
#define PAUSE_MOST_NS 1000000000

size_t lf_run_take(lf_run *run, const void *from, size_t n, uint64_t *expected, size_t most) {
  const unsigned char *p = from;
  size_t at = 0;
  while (n - at >= sizeof(lf_event) && at < most) {
    lf_event event;
    memcpy(&event, p + at, sizeof event);
    const uint32_t kind = lf_record_kind(event.word);
    const size_t bytes = lf_record_bytes(event.word);
    if (kind == LF_RECORD_PAD || lf_record_len(event.word) < 16 || bytes > n - at || event.seq != *expected) break;
    if (run->bytes + at == 0) {
      run->first = event.seq;
      run->min_ticks = run->max_ticks = event.ticks;
    }
    if (event.ticks < run->min_ticks) run->min_ticks = event.ticks;
    if (event.ticks > run->max_ticks) run->max_ticks = event.ticks;
    run->kinds[kind / 64] |= (uint64_t)1 << (kind % 64);
    if (LF_UNLIKELY(kind == LF_KIND_GAP)) {
      run->last = event.seq - 1;
      run->gaps++;
    } else {
      run->last = event.seq;
      run->count++;
      ++*expected;
    }
    at += bytes;
  }
  run->bytes += (uint32_t)at;
  return at;
}

static bool gather(lf_lane *lane, lf_run *run) {
  lf_spsc_bytes *queue = lane->queue;
  const uint64_t popped = lf_spsc_bytes_popped(queue);
  queue->pushed_seen = popped; /* look afresh */
  uint64_t ready = lf_spsc_bytes_ready_(queue, popped);
  uint64_t expected = lane->expected;
  memset(run, 0, sizeof *run);
  run->source = &lane->source;
  lane->taken = popped;
  for (int part = 0; part < 2 && ready != 0 && run->bytes < RUN_BYTES; part++) {
    const uint64_t to_edge = lf_spsc_bytes_to_edge_(queue, lane->taken);
    const uint64_t span = ready < to_edge ? ready : to_edge;
    unsigned char *from = (unsigned char *)lf_spsc_bytes_at_(queue, lane->taken);
    const size_t took = lf_run_take(run, from, span, &expected, RUN_BYTES - run->bytes);
    run->part[part].iov_base = from;
    run->part[part].iov_len = took;
    lane->taken += took;
    ready -= took;
    if (took == span) continue;
    lf_record next;
    memcpy(&next, from + took, sizeof next);
    if (lf_record_kind(next.word) != LF_RECORD_PAD || span - took != to_edge - took || ready <= to_edge - took) break;
    lane->taken += to_edge - took;
    ready -= to_edge - took;
  }
  return run->bytes != 0;
}

bool lf_drain_is_dry(lf_collector *collector) {
  const uint32_t lanes = lf_lanes_count(collector);
  for (uint32_t i = 0; i < lanes; i++) {
    const lf_spsc_bytes *queue = collector->lane[i]->queue;
    if (lf_spsc_bytes_pushed(queue) != lf_spsc_bytes_popped(queue)) return false;
  }
  return true;
}

static void acknowledge(lf_lane *lane, const lf_run *run) {
  lane->expected = run->last + 1;
  /* relaxed: only whoever drains writes it */
  const uint64_t delivered = atomic_load_explicit(&lane->file->delivered, memory_order_relaxed);
  /* relaxed: readers of a live lane take a snapshot under the drain's lock; a recovery comes after this process */
  atomic_store_explicit(&lane->file->acked_seq, run->last, memory_order_relaxed);
  /* relaxed: a statistic; a recovery reads it after the lock is gone */
  atomic_store_explicit(&lane->file->delivered, delivered + run->count, memory_order_relaxed);
  lf_spsc_bytes_retire_(lane->queue, lane->taken);
  lf_eventcount_notify(&lane->file->room);
}

int lf_drain_round(lf_collector *collector, uint64_t *bytes) {
  const uint32_t lanes = lf_lanes_count(collector);
  uint32_t runs = 0;
  *bytes = 0;
  for (uint32_t i = 0; i < lanes; i++) {
    lf_lane *lane = collector->lane[i];
    if (!gather(lane, &collector->run[runs])) {
      /* Published, yet no record: somebody wrote into our memory. It waits for an adopter, who can search. */
      if (lf_spsc_bytes_used(lane->queue) != 0 && lf_spsc_bytes_popped(lane->queue) != lane->queue->pushed_seen) {
        lf_trouble_note(collector, "%s is damaged in memory; the next open saves what can be read", lane->name);
      }
      continue;
    }
    *bytes += collector->run[runs].bytes;
    collector->run_lane[runs++] = lane;
  }
  if (runs == 0) return 0;
  const int error = lf_segment_write(collector, collector->run, runs);
  if (error != 0) {
    *bytes = 0;
    return error;
  }
  for (uint32_t i = 0; i < runs; i++) acknowledge(collector->run_lane[i], &collector->run[i]);
  return 0;
}

/* A mutex alone lets a busy drain take it again before anybody else wakes up. */
void lf_drain_lock(lf_collector *collector) {
  /* relaxed: a request to let others in; the mutex orders the rest */
  atomic_fetch_add_explicit(&collector->drain_wanted, 1u, memory_order_relaxed);
  pthread_mutex_lock(&collector->drain_lock);
  /* relaxed: as above */
  atomic_fetch_sub_explicit(&collector->drain_wanted, 1u, memory_order_relaxed);
}

void lf_drain_unlock(lf_collector *collector) { pthread_mutex_unlock(&collector->drain_lock); }

void lf_drain_wake(lf_collector *collector) { lf_eventcount_notify(collector->wake); }

static bool stopping(lf_collector *collector) {
  /* [stop:see] pairs with [stop:ask] */
  return atomic_load_explicit(&collector->stop, memory_order_acquire) != 0;
}

static bool has_work(lf_collector *collector) {
  /* relaxed: looked at between prepare and wait, whose fences order it */
  if (atomic_load_explicit(&collector->hurry, memory_order_relaxed) != 0 || stopping(collector)) return true;
  const uint32_t lanes = lf_lanes_count(collector);
  for (uint32_t i = 0; i < lanes; i++) {
    const lf_lane *lane = collector->lane[i];
    if (lf_spsc_bytes_used(lane->queue) >= lane->mark) return true;
  }
  return false;
}

static void doze(lf_collector *collector, int64_t nanoseconds, bool whatever) {
  const uint32_t key = lf_eventcount_prepare(collector->wake);
  if (whatever ? stopping(collector) : has_work(collector)) {
    lf_eventcount_cancel(collector->wake, key);
    return;
  }
  (void)lf_eventcount_wait(collector->wake, key, nanoseconds);
}

static void finish_round(lf_collector *collector, int error) {
  if (error != 0) {
    /* [round:finish] pairs with [flush:look] */
    atomic_fetch_add_explicit(&collector->failures, 1u, memory_order_release);
    lf_trouble_set(collector, error, "writing a segment");
  } else {
    lf_trouble_clear(collector);
  }
  /* [round:finish] pairs with [flush:look] */
  atomic_fetch_add_explicit(&collector->rounds, 1u, memory_order_release);
  lf_eventcount_notify(collector->drained);
}

static void *drain_main(void *argument) {
  lf_collector *collector = argument;
  int64_t pause = PAUSE_FIRST_NS;
  while (!stopping(collector)) {
    uint64_t bytes;
    pthread_mutex_lock(&collector->drain_lock);
    const int error = lf_drain_round(collector, &bytes);
    pthread_mutex_unlock(&collector->drain_lock);
    finish_round(collector, error);
    if (error != 0) {
      doze(collector, pause, true);
      pause = pause * 2 < PAUSE_MOST_NS ? pause * 2 : PAUSE_MOST_NS;
      continue;
    }
    pause = PAUSE_FIRST_NS;
    /* relaxed: a request to let others in */
    while (atomic_load_explicit(&collector->drain_wanted, memory_order_relaxed) != 0) sched_yield();
    doze(collector, (int64_t)collector->flush_ms * 1000000, false);
  }
  /* [round:finish] pairs with [flush:look] */
  atomic_store_explicit(&collector->ended, 1u, memory_order_release);
  lf_eventcount_notify(collector->drained);
  return NULL;
}

int lf_drain_start(lf_collector *collector) {
  if (!collector->drains || collector->running) return 0;
  (void)lf_eventcount_open(false);
  (void)lf_eventcount_open(true);
  /* relaxed: no drain runs; pthread_create hands them over */
  atomic_store_explicit(&collector->stop, 0u, memory_order_relaxed);
  /* relaxed: as above */
  atomic_store_explicit(&collector->ended, 0u, memory_order_relaxed);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int error = pthread_create(&collector->thread, NULL, drain_main, collector);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  collector->running = error == 0;
  return error;
}

bool lf_drain_stop(lf_collector *collector, int64_t deadline) {
  if (!collector->running) return true;
  /* [stop:ask] pairs with [stop:see] */
  atomic_store_explicit(&collector->stop, 1u, memory_order_release);
  lf_drain_wake(collector);
  for (;;) {
    const uint32_t key = lf_eventcount_prepare(collector->drained);
    /* [flush:look] pairs with [round:finish] */
    if (atomic_load_explicit(&collector->ended, memory_order_acquire) != 0) break;
    const int64_t left = deadline == INT64_MAX ? -1 : deadline - lf_clock_monotonic();
    if (deadline != INT64_MAX && left <= 0) return false;
    (void)lf_eventcount_wait(collector->drained, key, left);
  }
  pthread_join(collector->thread, NULL);
  collector->running = false;
  return true;
}
