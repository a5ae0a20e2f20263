/* SPDX-License-Identifier: MIT */
/* What an emit costs, in ns: time stamp, checksum and copy of 64 bytes included; and its parts. No verdict. */
#include "collector_common.h"

#include "internal.h"

#include <time.h>

#define ROUNDS 7

static double seconds(void) { return (double)lf_clock_monotonic() * 1e-9; }

/* This thread's processor time: what others do meanwhile on a busy machine is not our cost. */
static double own_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static void report(const char *what, double *ns) {
  qsort(ns, ROUNDS, sizeof *ns, ascending);
  printf("%-44s %8.2f ns (median of %d; %.2f .. %.2f)\n", what, ns[ROUNDS / 2], ROUNDS, ns[0], ns[ROUNDS - 1]);
}

/* Into an emptied lane that never fills: what a thread pays whose drain keeps up. */
static void emit_cost(size_t len, uint64_t lane_bytes, const char *what) {
  const char *dir = fresh_dir();
  lf_collector_options o = options(dir);
  o.memory = 64 << 20;
  o.lane_bytes = lane_bytes;
  o.drain = 0;
  lf_collector *c = open_ok(&o);
  lf_lane *lane = lf_collector_lane(c);
  char payload[1024];
  memset(payload, 'x', sizeof payload);
  double ns[ROUNDS];
  const uint64_t n = lane_bytes * 8 / 10 / (len + 24);
  for (int r = 0; r < ROUNDS; r++) {
    double spent = 0;
    uint64_t done = 0;
    while (done < scaled(2000000)) {
      const double from = own_seconds();
      for (uint64_t i = 0; i < n; i++) {
        if (lf_lane_emit(lane, payload, len, 0, 0) != LF_OK) exit(1);
      }
      spent += own_seconds() - from;
      done += n;
      /* Empties the lane without writing: the cost of the disk is another figure. */
      lf_spsc_bytes_release_span(lane->queue, lf_spsc_bytes_used(lane->queue));
    }
    ns[r] = spent * 1e9 / (double)done;
  }
  report(what, ns);
  lane->expected = lane->file->next_seq; /* what was thrown away is not missed */
  lf_collector_free(c);
  remove_dir(dir);
}

static void part_costs(void) {
  double ns[ROUNDS];
  char payload[64];
  memset(payload, 'x', sizeof payload);
  const uint64_t n = scaled(5000000);
  uint32_t sum = 0;
  for (int r = 0; r < ROUNDS; r++) {
    const double from = own_seconds();
    for (uint64_t i = 0; i < n; i++) sum += lf_crc32c(sum, payload, 64);
    ns[r] = (own_seconds() - from) * 1e9 / (double)n;
  }
  report("CRC-32C of 64 bytes, each after the last", ns);
  uint64_t ticks = 0;
  for (int r = 0; r < ROUNDS; r++) {
    const double from = own_seconds();
    for (uint64_t i = 0; i < n; i++) ticks += lf_clock_ticks_inline(LF_CLOCK_TSC);
    ns[r] = (own_seconds() - from) * 1e9 / (double)n;
  }
  report("time stamp", ns);
  if (sum == 1 && ticks == 1) puts("");
}

/* One thread as fast as it can, the native drain writing binary segments to `dir` (argument; tmpfs otherwise). */
static void end_to_end(const char *parent) {
  char dir[256];
  snprintf(dir, sizeof dir, "%s", fresh_dir());
  char segments[512];
  snprintf(segments, sizeof segments, "%.400s/lf-bench-%d", parent != NULL ? parent : dir, (int)getpid());
  lf_collector_options o = options(dir);
  o.memory = 64 << 20;
  o.lane_bytes = 0;
  o.flush_ms = 0;
  o.segments = segments;
  lf_collector *c = open_ok(&o);
  lf_lane *lane = lf_collector_lane(c);
  char payload[64];
  memset(payload, 'x', sizeof payload);
  const uint64_t n = scaled(10000000);
  uint64_t waits = 0;
  const double from = seconds();
  for (uint64_t i = 0; i < n; i++) {
    lf_status s = lf_lane_emit(lane, payload, 64, 0, LF_EMIT_WAIT);
    while (s == LF_FULL) {
      waits++;
      (void)lf_lane_wait_room(lane, 64, 0, 1000000000);
      s = lf_lane_emit(lane, payload, 64, 0, LF_EMIT_RETRY);
    }
  }
  const double emitted = seconds() - from;
  CHECK(lf_collector_flush(c, -1) == LF_OK);
  const double flushed = seconds() - from;
  close_ok(c);
  const double closed = seconds() - from;
  printf("end to end: %.2f M events/s emitted, %.2f flushed, %.2f closed (fsync); waited %llu times\n",
         (double)n / emitted * 1e-6, (double)n / flushed * 1e-6, (double)n / closed * 1e-6, (unsigned long long)waits);
  lf_collector_free(c);
  remove_dir(segments);
  remove_dir(dir);
}

int main(int argc, char **argv) {
  part_costs();
  emit_cost(64, 64 << 10, "emit 64 bytes, lane of 64 KiB");
  emit_cost(64, 1 << 20, "emit 64 bytes, lane of 1 MiB");
  emit_cost(64, 4 << 20, "emit 64 bytes, lane of 4 MiB");
  emit_cost(16, 1 << 20, "emit 16 bytes, lane of 1 MiB");
  emit_cost(512, 1 << 20, "emit 512 bytes, lane of 1 MiB");
  end_to_end(argc > 1 ? argv[1] : NULL);
  return 0;
}
