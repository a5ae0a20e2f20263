/* SPDX-License-Identifier: MIT */
/* Sleeping for a condition: a lost wake-up is a deadlock.
 *
 * Ordering
 *   publisher:fulfil -> sleeper:look   payload written before payload read
 */
#include <lockfree/eventcount.h>

#include "../marked.h"

static LF_ALIGNAS(LF_LINE) unsigned char memory[sizeof(struct lf_eventcount)];
static lf_eventcount *eventcount;
static LF_ATOMIC(uint32_t) condition;
static uint64_t payload[2];

static void make_eventcount(void) {
  eventcount = lf_eventcount_init(memory, sizeof(memory), false);
  assert(eventcount != NULL);
}

static uint32_t fulfilled(void) {
  /* [sleeper:look] pairs with [publisher:fulfil] */
  return atomic_load_explicit(&condition, memory_order_acquire);
}

static void fulfil(uint32_t value) {
  /* [publisher:fulfil] pairs with [sleeper:look] */
  atomic_store_explicit(&condition, value, memory_order_release);
  lf_eventcount_notify(eventcount);
}

static void sleep_until(uint32_t value) {
  while (fulfilled() < value) {
    const uint32_t key = lf_eventcount_prepare(eventcount);
    if (fulfilled() >= value) {
      lf_eventcount_cancel(eventcount, key);
      break;
    }
    (void)lf_eventcount_wait(eventcount, key, -1);
  }
}

static void *publish_once(void *unused) {
  payload[0] = 1;
  fulfil(1);
  return unused;
}

static void *publish_twice(void *unused) {
  payload[0] = 1;
  fulfil(1);
  payload[1] = 2;
  fulfil(2);
  return unused;
}

static void *sleep_once(void *unused) {
  sleep_until(1);
  assert(payload[0] == 1);
  return unused;
}

static void *sleep_twice(void *unused) {
  sleep_until(1);
  assert(payload[0] == 1);
  sleep_until(2);
  assert(payload[1] == 2);
  return unused;
}

static void join_both(lf_thread a, lf_thread b) {
  lf_join(a);
  lf_join(b);
}

/* The publisher either sees the sleeper, or the sleeper sees the condition. */
LF_SCENARIO(one_sleeper) {
  make_eventcount();
  join_both(lf_spawn(publish_once, NULL), lf_spawn(sleep_once, NULL));
}

/* The bit has been cleared by the first wake-up, and is set anew for the second sleep. */
LF_SCENARIO(sleeps_twice) {
  make_eventcount();
  join_both(lf_spawn(publish_twice, NULL), lf_spawn(sleep_twice, NULL));
}

/* One notify wakes all. */
LF_SCENARIO(two_sleepers) {
  make_eventcount();
  const lf_thread publisher = lf_spawn(publish_once, NULL);
  join_both(lf_spawn(sleep_once, NULL), lf_spawn(sleep_once, NULL));
  lf_join(publisher);
}

/* Without membarrier the publisher's side fences for itself. */
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

/* A sleeper that thought better of it costs the publisher a wake-up, and nobody's sleep. */
LF_SCENARIO(cancelled) {
  make_eventcount();
  join_both(lf_spawn(publish_once, NULL), lf_spawn(cancel_then_sleep, NULL));
}
