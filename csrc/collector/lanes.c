/* SPDX-License-Identifier: MIT */
/* lanes.c: which lane is the calling thread's: a thread-local look-up, else the collector's table under its lock.
 *
 * A thread that ends gives its lanes back; the next new thread takes a free one before another is made.
 * The cache is keyed by the collector's number, which is never used twice, so that a freed collector's place in
 * memory can not bring back a stale lane.
 *
 * Ordering
 *   lanes:publish -> lanes:observe   a lane is complete before it is counted */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>

LF_THREAD_LOCAL lf_lane_cache lf_lanes_cache[LF_LANES_CACHED];
static LF_THREAD_LOCAL uint64_t token;

static pthread_key_t key;
static pthread_once_t key_made = PTHREAD_ONCE_INIT;

static void release_lanes(lf_collector *collector, void *context) {
  const uint64_t owner = *(const uint64_t *)context;
  pthread_mutex_lock(&collector->lock);
  const uint32_t lanes = lf_lanes_count(collector);
  for (uint32_t i = 0; i < lanes; i++) {
    if (collector->lane[i]->owner == owner) collector->lane[i]->owner = 0;
  }
  pthread_mutex_unlock(&collector->lock);
}

static void thread_ends(void *value) {
  (void)value;
  uint64_t owner = token;
  for (uint32_t i = 0; i < LF_LANES_CACHED; i++) lf_lanes_cache[i].collector = 0;
  lf_registry_each(release_lanes, &owner);
}

static void make_key(void) { (void)pthread_key_create(&key, thread_ends); }

static uint64_t thread_token(void) {
  static LF_ATOMIC(uint64_t) last;
  if (token == 0) {
    pthread_once(&key_made, make_key);
    /* relaxed: only has to differ */
    token = atomic_fetch_add_explicit(&last, 1u, memory_order_relaxed) + 1;
  }
  (void)pthread_setspecific(key, &token);
  return token;
}

static lf_lane *add(lf_collector *collector, uint32_t lanes) {
  if (lanes == collector->lanes_most || lf_clock_monotonic() < collector->lane_retry_at) return NULL;
  lf_lane *lane = NULL;
  const int error = lf_lane_make(collector, &lane);
  if (error != 0) {
    collector->lane_retry_at = lf_clock_monotonic() + 100000000;
    lf_trouble_set(collector, error, "making another lane");
    return NULL;
  }
  collector->lane[lanes] = lane;
  /* [lanes:publish] pairs with [lanes:observe] */
  atomic_store_explicit(&collector->lanes, lanes + 1, memory_order_release);
  return lane;
}

int lf_lanes_first(lf_collector *collector) {
  lf_lane *lane = NULL;
  const int error = lf_lane_make(collector, &lane);
  if (error != 0) return error;
  collector->lane[0] = lane;
  /* [lanes:publish] pairs with [lanes:observe] */
  atomic_store_explicit(&collector->lanes, 1u, memory_order_release);
  return 0;
}

static lf_lane *find(lf_collector *collector) {
  const uint64_t self = thread_token();
  lf_lane *free_lane = NULL;
  const uint32_t lanes = lf_lanes_count(collector);
  for (uint32_t i = 0; i < lanes; i++) {
    if (collector->lane[i]->owner == self) return collector->lane[i];
    if (collector->lane[i]->owner == 0 && free_lane == NULL) free_lane = collector->lane[i];
  }
  /* relaxed: written under the lock that is held */
  if (atomic_load_explicit(&collector->closing, memory_order_relaxed) != 0) return NULL;
  if (free_lane == NULL) free_lane = add(collector, lanes);
  if (free_lane != NULL) free_lane->owner = self;
  return free_lane;
}

lf_lane *lf_lanes_find(lf_collector *collector) {
  pthread_mutex_lock(&collector->lock);
  lf_lane *lane = lf_collector_revive(collector) == 0 ? find(collector) : NULL;
  const uint64_t id = collector->id;
  pthread_mutex_unlock(&collector->lock);
  if (lane != NULL) {
    lf_lanes_cache[id % LF_LANES_CACHED].lane = lane;
    lf_lanes_cache[id % LF_LANES_CACHED].collector = id;
  }
  return lane;
}

lf_lane *lf_collector_lane(lf_collector *collector) { return lf_lane_mine(collector); }

double lf_collector_pressure(lf_collector *collector) {
  const uint64_t id = collector->id;
  if (lf_lanes_cache[id % LF_LANES_CACHED].collector != id || lf_lanes_cache[id % LF_LANES_CACHED].lane->queue == NULL)
    return 0.0;
  const lf_spsc_bytes *queue = lf_lanes_cache[id % LF_LANES_CACHED].lane->queue;
  return (double)lf_spsc_bytes_used(queue) / (double)lf_spsc_bytes_capacity(queue);
}
