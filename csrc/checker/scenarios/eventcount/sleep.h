/* SPDX-License-Identifier: MIT */
/* sleep.h: a sleeper and a publisher with a condition between them; a lost wake-up is a deadlock.
 *
 * Ordering
 *   publisher:fulfil -> sleeper:look   payload written before payload read
 */
#ifndef LOCKFREE_CHECKER_SCENARIOS_SLEEP_H
#define LOCKFREE_CHECKER_SCENARIOS_SLEEP_H

#include <lockfree/eventcount.h>

#include "../marked.h"

static LF_ALIGNAS(LF_LINE) unsigned char memory[sizeof(struct lf_eventcount)];
static lf_eventcount *eventcount;
static LF_ATOMIC(uint32_t) condition;
static uint64_t payload[2];

static inline void make_eventcount(void) {
  eventcount = lf_eventcount_init(memory, sizeof(memory), false);
  assert(eventcount != NULL);
}

static inline uint32_t fulfilled(void) {
  /* [sleeper:look] pairs with [publisher:fulfil] */
  return atomic_load_explicit(&condition, memory_order_acquire);
}

static inline void fulfil(uint32_t value) {
  /* [publisher:fulfil] pairs with [sleeper:look] */
  atomic_store_explicit(&condition, value, memory_order_release);
  lf_eventcount_notify(eventcount);
}

static inline void sleep_until(uint32_t value) {
  while (fulfilled() < value) {
    const uint32_t key = lf_eventcount_prepare(eventcount);
    if (fulfilled() >= value) {
      lf_eventcount_cancel(eventcount, key);
      break;
    }
    (void)lf_eventcount_wait(eventcount, key, -1);
  }
}

static inline void *publish_once(void *unused) {
  payload[0] = 1;
  fulfil(1);
  return unused;
}

static inline void *sleep_once(void *unused) {
  sleep_until(1);
  assert(payload[0] == 1);
  return unused;
}

static inline void join_both(lf_thread a, lf_thread b) {
  lf_join(a);
  lf_join(b);
}

#endif
