/* SPDX-License-Identifier: MIT */
/* Many threads, many collectors, threads that come and go: each thread has one lane for itself as long as it lives,
 * lanes are used again, and a freed collector's lane is never handed out. */
#include "collector_common.h"

#define THREADS 6

static lf_collector *both[2];
static uint64_t each;
static pthread_barrier_t gate;

static void *emit_to_both(void *argument) {
  uint64_t text[3] = {(uint64_t)(uintptr_t)argument, 0, 0};
  CHECK(lf_collector_lane(both[0]) != NULL && lf_collector_lane(both[1]) != NULL);
  pthread_barrier_wait(&gate); /* a thread that ended before another began would leave it its lane */
  for (uint64_t i = 1; i <= each; i++) {
    for (int k = 0; k < 2; k++) {
      lf_lane *lane = lf_collector_lane(both[k]);
      CHECK(lane != NULL);
      text[1] = i;
      lf_status s = lf_lane_emit(lane, text, 24, 0, LF_EMIT_WAIT);
      while (s == LF_FULL) {
        (void)lf_lane_wait_room(lane, 24, 0, 100000000);
        s = lf_lane_emit(lane, text, 24, 0, LF_EMIT_RETRY);
      }
      CHECK(s == LF_OK);
    }
    if (i % 1000 == 0) CHECK(lf_collector_pressure(both[0]) >= 0.0 && lf_collector_pressure(both[0]) <= 1.0);
  }
  return NULL;
}

static uint64_t seen[THREADS];

static void see(const lane_tally *lane, const lf_record_ref *ref, const unsigned char *payload) {
  uint64_t text[2];
  (void)lane;
  (void)ref;
  memcpy(text, payload, 16);
  CHECK(text[0] < THREADS && text[1] == seen[text[0]] + 1);
  seen[text[0]]++;
}

static void check_dir(const char *dir) {
  memset(seen, 0, sizeof seen);
  on_record = see;
  const tally t = read_segments(dir);
  on_record = NULL;
  CHECK(t.records == THREADS * each && t.lanes == THREADS && t.gaps == 0);
}

static void threads_and_collectors(void) {
  const char *dir[2] = {fresh_dir(), fresh_dir()};
  each = scaled(50000);
  for (int k = 0; k < 2; k++) {
    lf_collector_options o = options(dir[k]);
    o.segment_bytes = 1 << 20;
    both[k] = open_ok(&o);
  }
  pthread_t thread[THREADS];
  CHECK(pthread_barrier_init(&gate, NULL, THREADS) == 0);
  for (uintptr_t i = 0; i < THREADS; i++) {
    CHECK(pthread_create(&thread[i], NULL, emit_to_both, (void *)i) == 0);
  }
  for (int i = 0; i < 20; i++) {
    lf_counters k;
    lf_collector_counters(both[0], &k);
    CHECK(k.accepted == k.delivered + k.pending && k.offered >= k.accepted);
    CHECK(lf_collector_flush(both[1], 10000000000) == LF_OK);
  }
  for (int i = 0; i < THREADS; i++) CHECK(pthread_join(thread[i], NULL) == 0);
  pthread_barrier_destroy(&gate);
  for (int k = 0; k < 2; k++) {
    lf_counters counters;
    lf_collector_counters(both[k], &counters);
    CHECK(counters.offered == THREADS * each && counters.accepted == counters.offered);
    close_ok(both[k]);
    lf_collector_free(both[k]);
    check_dir(dir[k]);
    remove_dir(dir[k]);
  }
}

static void *emit_once(void *argument) {
  lf_lane *lane = lf_collector_lane(argument);
  CHECK(lane != NULL && lf_lane_emit(lane, "x", 1, 0, 0) == LF_OK);
  return lane;
}

/* One after another: all in one lane. More at once than memory= allows: told so, and counted. */
static void churn(void) {
  const char *dir = fresh_dir();
  lf_collector_options o = options(dir);
  o.memory = 2 * o.lane_bytes;
  lf_collector *c = open_ok(&o);
  void *first = NULL;
  for (int i = 0; i < 200; i++) {
    pthread_t thread;
    void *lane;
    CHECK(pthread_create(&thread, NULL, emit_once, c) == 0 && pthread_join(thread, &lane) == 0);
    if (i == 0) first = lane;
    CHECK(lane == first);
  }
  lf_counters k;
  lf_collector_counters(c, &k);
  CHECK(k.lanes == 1 && k.accepted == 200);
  close_ok(c);
  lf_collector_free(c);
  remove_dir(dir);
}

static void *hold_a_lane(void *argument) {
  lf_lane *lane = lf_collector_lane(argument);
  if (lane == NULL) lf_collector_reject(argument, LF_REASON_NO_LANE);
  pthread_barrier_wait(&gate);
  pthread_barrier_wait(&gate);
  return lane;
}

static void too_many(void) {
  const char *dir = fresh_dir();
  lf_collector_options o = options(dir);
  o.memory = 2 * o.lane_bytes;
  lf_collector *c = open_ok(&o);
  pthread_t thread[4];
  int lanes = 0;
  CHECK(pthread_barrier_init(&gate, NULL, 5) == 0);
  for (int i = 0; i < 4; i++) CHECK(pthread_create(&thread[i], NULL, hold_a_lane, c) == 0);
  pthread_barrier_wait(&gate);
  pthread_barrier_wait(&gate);
  for (int i = 0; i < 4; i++) {
    void *lane;
    CHECK(pthread_join(thread[i], &lane) == 0);
    lanes += lane != NULL;
  }
  lf_counters k;
  lf_collector_counters(c, &k);
  CHECK(lanes == 2 && k.lanes == 2 && k.rejected[LF_REASON_NO_LANE] == 2 && k.offered == 2);
  close_ok(c);
  lf_collector_free(c);
  pthread_barrier_destroy(&gate);
  remove_dir(dir);
}

/* Opened and freed again and again: the thread's cached lane is never another collector's. */
static void stale_lanes(void) {
  const char *dir = fresh_dir();
  lf_collector_options o = options(dir);
  for (int i = 0; i < 30; i++) {
    lf_collector *c = open_ok(&o);
    CHECK(lf_lane_emit(lf_collector_lane(c), "x", 1, 0, 0) == LF_OK);
    lf_collector_free(c);
  }
  CHECK(read_segments(dir).records == 30);
  remove_dir(dir);
}

int main(void) {
  threads_and_collectors();
  churn();
  too_many();
  stale_lanes();
  return 0;
}
