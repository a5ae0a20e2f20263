/* SPDX-License-Identifier: MIT */
/* A signal handler that emits: inside an emit it is told BUSY and counted, elsewhere its event is taken; whatever it
 * interrupts, the counters add up. */
#include "collector_common.h"

#include <stdatomic.h>
#include <sys/time.h>

static lf_collector *collector;
static lf_lane *lane;
static _Atomic(uint64_t) answers[9];

static void handler(int number) {
  (void)number;
  const int kept = errno;
  atomic_fetch_add(&answers[lf_lane_emit(lane, "signal", 6, 0, 0)], 1);
  errno = kept;
}

/* Interrupts an emit for certain: the flag is set as an emit sets it. */
static void certainly_inside(void) {
  uint32_t *inside = (uint32_t *)((char *)*(void **)lane + 336); /* lane->file */
  *inside = 1;
  CHECK(raise(SIGALRM) == 0);
  *inside = 0;
  CHECK(answers[LF_BUSY] == 1);
}

int main(void) {
  const char *dir = fresh_dir();
  lf_collector_options o = options(dir);
  o.memory = 8 << 20;
  o.lane_bytes = 1 << 20;
  collector = open_ok(&o);
  lane = lf_collector_lane(collector);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  CHECK(sigaction(SIGALRM, &action, NULL) == 0);
  certainly_inside();
  const struct itimerval often = {{0, 50}, {0, 50}};
  CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
  uint64_t mine[9] = {0};
  const uint64_t n = scaled(2000000);
  char payload[200];
  memset(payload, 'm', sizeof payload);
  for (uint64_t i = 0; i < n; i++) mine[lf_lane_emit(lane, payload, i % 200, 0, 0)]++;
  const struct itimerval never = {{0, 0}, {0, 0}};
  CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
  CHECK(mine[LF_BUSY] == 0 && mine[LF_OK] + mine[LF_FULL] == n);
  lf_counters k;
  lf_collector_counters(collector, &k);
  uint64_t handled = 0;
  for (int i = 0; i < 9; i++) handled += answers[i];
  CHECK(k.accepted == mine[LF_OK] + answers[LF_OK]);
  CHECK(k.rejected[LF_REASON_FULL] == mine[LF_FULL] + answers[LF_FULL]);
  CHECK(k.rejected[LF_REASON_REENTRANT] == answers[LF_BUSY]);
  CHECK(k.offered == n + handled);
  close_ok(collector);
  lf_collector_free(collector);
  CHECK(read_segments(dir).records == k.accepted);
  remove_dir(dir);
  return 0;
}
