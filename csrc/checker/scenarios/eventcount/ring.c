/* SPDX-License-Identifier: MIT */
/* The eventcount beside a ring: a consumer that sleeps while it is empty, a producer that sleeps while it is full. */
#include "../spsc_ring/ring.h"

#include <lockfree/eventcount.h>

static LF_ALIGNAS(LF_LINE) unsigned char filled_memory[sizeof(struct lf_eventcount)];
static LF_ALIGNAS(LF_LINE) unsigned char freed_memory[sizeof(struct lf_eventcount)];
static lf_eventcount *filled, *freed;

static void make_both(size_t capacity) {
  make_ring(capacity, UINT64_MAX);
  filled = lf_eventcount_init(filled_memory, sizeof(filled_memory), false);
  freed = lf_eventcount_init(freed_memory, sizeof(freed_memory), false);
  assert(filled != NULL && freed != NULL);
}

static void put(void) {
  while (push_next() == LF_FULL) {
    const uint32_t key = lf_eventcount_prepare(freed);
    if (push_next() == LF_OK) {
      lf_eventcount_cancel(freed, key);
      break;
    }
    (void)lf_eventcount_wait(freed, key, -1);
  }
  lf_eventcount_notify(filled);
}

static void get(void) {
  while (pop_next() == LF_EMPTY) {
    const uint32_t key = lf_eventcount_prepare(filled);
    if (pop_next() == LF_OK) {
      lf_eventcount_cancel(filled, key);
      break;
    }
    (void)lf_eventcount_wait(filled, key, -1);
  }
  lf_eventcount_notify(freed);
}

static void *put_one(void *unused) {
  put();
  return unused;
}

static void *get_one(void *unused) {
  get();
  return unused;
}

static void *put_two(void *unused) {
  put();
  put();
  return unused;
}

static void *get_two(void *unused) {
  get();
  get();
  return unused;
}

/* A consumer that sleeps on the empty ring is woken by the item.
 * specification: queue, capacity 1, weak full, weak empty
 * progress: blocking */
LF_SCENARIO(ring_sleeps_while_empty) {
  make_both(1);
  race_two(put_one, get_one);
  drain();
  assert(popped_items == 1);
}

/* A producer that sleeps on the full ring is woken by the free slot.
 * specification: queue, capacity 1, weak full, weak empty
 * progress: blocking */
LF_SCENARIO(ring_sleeps_while_full) {
  make_both(1);
  (void)push_next();
  race_two(put_one, get_one);
  drain();
  assert(popped_items == 2);
}

/* Both may sleep, one after the other.
 * specification: queue, capacity 1, weak full, weak empty
 * progress: blocking */
LF_SCENARIO(ring_both_sleep) {
  make_both(1);
  race_two(put_two, get_two);
  drain();
  assert(popped_items == 2);
}
