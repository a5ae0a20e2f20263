/* SPDX-License-Identifier: MIT */
/* Sleeping for a condition: once, twice, two at once, thinking better of it. */
#include "sleep.h"

static void *publish_twice(void *unused) {
  payload[0] = 1;
  fulfil(1);
  payload[1] = 2;
  fulfil(2);
  return unused;
}

static void *sleep_twice(void *unused) {
  sleep_until(1);
  assert(payload[0] == 1);
  sleep_until(2);
  assert(payload[1] == 2);
  return unused;
}

/* The publisher either sees the sleeper, or the sleeper sees the condition.
 * progress: blocking */
LF_SCENARIO(one_sleeper) {
  make_eventcount();
  join_both(lf_spawn(publish_once, NULL), lf_spawn(sleep_once, NULL));
}

/* The bit has been cleared by the first wake-up, and is set anew for the second sleep.
 * progress: blocking */
LF_SCENARIO(sleeps_twice) {
  make_eventcount();
  join_both(lf_spawn(publish_twice, NULL), lf_spawn(sleep_twice, NULL));
}

/* One notify wakes all.
 * progress: blocking */
LF_SCENARIO(two_sleepers) {
  make_eventcount();
  const lf_thread publisher = lf_spawn(publish_once, NULL);
  join_both(lf_spawn(sleep_once, NULL), lf_spawn(sleep_once, NULL));
  lf_join(publisher);
}

/* Without membarrier the publisher's side fences for itself.
 * progress: blocking */
LF_SCENARIO(without_membarrier) {
  make_eventcount();
  /* relaxed: before the threads */
  atomic_store_explicit(lf_fence_asymmetric_state_(false), 2u, memory_order_relaxed);
  join_both(lf_spawn(publish_once, NULL), lf_spawn(sleep_once, NULL));
}

static void *cancel_then_sleep(void *unused) {
  lf_eventcount_cancel(eventcount, lf_eventcount_prepare(eventcount)); /* leaves the bit: one wake-up for nobody */
  return sleep_once(unused);
}

/* A sleeper that thought better of it costs the publisher a wake-up, and nobody's sleep.
 * progress: blocking */
LF_SCENARIO(cancelled) {
  make_eventcount();
  join_both(lf_spawn(publish_once, NULL), lf_spawn(cancel_then_sleep, NULL));
}

static void *notify_only(void *unused) {
  payload[0] = 1;
  LF_INVOKE("notify", 0);
  lf_eventcount_notify(eventcount);
  LF_RETURN("ok", 0);
  return unused;
}

static uint32_t prepare_and_cancel(void) {
  LF_INVOKE("prepare", 0);
  const uint32_t key = lf_eventcount_prepare(eventcount);
  LF_RETURN("ok", 0);
  lf_eventcount_cancel(eventcount, key);
  return key;
}

static void *prepare_twice(void *unused) {
  (void)prepare_and_cancel();
  if (prepare_and_cancel() < LF_EVENTCOUNT_EPOCH) return unused;
  assert(payload[0] == 1); /* somebody was woken since the first: what he did is here */
  return unused;
}

/* Who prepares after a wake-up sees what the waker did before it.
 * progress: lock-free 8 */
LF_SCENARIO(next_sleeper) {
  make_eventcount();
  join_both(lf_spawn(notify_only, NULL), lf_spawn(prepare_twice, NULL));
}
