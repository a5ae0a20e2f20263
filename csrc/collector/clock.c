/* SPDX-License-Identifier: MIT */
/* clock.c: ticks for the hot path and what they mean in wall time.
 *
 * The raw time-stamp counter serves where the processor says that its rate never changes and the kernel itself
 * trusts it (its clock source is tsc, or kvm-clock, which is the same counter); else CLOCK_MONOTONIC in ns.
 * The rate measured here over a few milliseconds is good to some 10^-5; readers refine it from the pairs of
 * ticks and wall time that stand in each block. */
#include "internal.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

#define CALIBRATE_NS 4000000

static uint64_t clock_ns(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int64_t lf_clock_monotonic(void) { return (int64_t)clock_ns(CLOCK_MONOTONIC); }

int64_t lf_clock_deadline(int64_t nanoseconds) {
  if (nanoseconds < 0) return INT64_MAX;
  const int64_t now = lf_clock_monotonic();
  return nanoseconds > INT64_MAX - now ? INT64_MAX : now + nanoseconds;
}

static uint32_t find_kind(void) {
#if defined(__x86_64__)
  unsigned a, b, c, d;
  if (!__get_cpuid(0x80000007u, &a, &b, &c, &d) || !(d >> 8 & 1)) return LF_CLOCK_MONOTONIC;
  char name[32] = "";
  const int fd = open("/sys/devices/system/clocksource/clocksource0/current_clocksource", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return LF_CLOCK_MONOTONIC;
  const ssize_t n = read(fd, name, sizeof name - 1);
  close(fd);
  if (n <= 0) return LF_CLOCK_MONOTONIC;
  if (strncmp(name, "tsc", 3) == 0 || strncmp(name, "kvm-clock", 9) == 0) return LF_CLOCK_TSC;
#endif
  return LF_CLOCK_MONOTONIC;
}

uint64_t lf_clock_ticks(uint32_t kind) {
#if defined(__x86_64__)
  if (kind == LF_CLOCK_TSC) return __rdtsc();
#endif
  (void)kind;
  return clock_ns(CLOCK_MONOTONIC);
}

/* The wall clock read between two readings of the ticks; the tightest of several tries. */
static lf_moment moment(uint32_t kind, clockid_t id) {
  lf_moment best = {0, 0};
  uint64_t width = UINT64_MAX;
  for (int i = 0; i < 5; i++) {
    const uint64_t before = lf_clock_ticks(kind);
    const uint64_t wall = clock_ns(id);
    const uint64_t after = lf_clock_ticks(kind);
    if (after - before < width) {
      width = after - before;
      best.ticks = before + width / 2;
      best.wall = wall;
    }
  }
  return best;
}

lf_moment lf_clock_now(uint32_t kind) { return moment(kind, CLOCK_REALTIME); }

static pthread_once_t calibrated = PTHREAD_ONCE_INIT;
static uint32_t process_kind;
static double process_rate;

static void calibrate(void) {
  process_kind = find_kind();
  process_rate = 1.0;
  if (process_kind == LF_CLOCK_MONOTONIC) return;
  const lf_moment from = moment(process_kind, CLOCK_MONOTONIC);
  const struct timespec rest = {0, CALIBRATE_NS};
  nanosleep(&rest, NULL);
  const lf_moment to = moment(process_kind, CLOCK_MONOTONIC);
  const double rate = (double)(to.ticks - from.ticks) / (double)(to.wall - from.wall);
  if (rate > 0.001 && rate < 1000.0) {
    process_rate = rate;
  } else {
    process_kind = LF_CLOCK_MONOTONIC; /* a counter that lies once is not trusted */
  }
}

void lf_clock_start(lf_clock *clock) {
  pthread_once(&calibrated, calibrate);
  clock->kind = process_kind;
  clock->rate = process_rate;
  clock->start = lf_clock_now(process_kind);
}

uint64_t lf_clock_wall(const lf_lane_identity *lane, const lf_moment *now, uint64_t ticks) {
  double rate = lane->rate;
  const double wall_apart = now != NULL ? (double)(int64_t)(now->wall - lane->wall) : 0.0;
  if (wall_apart > 1e9) {
    const double refined = (double)(int64_t)(now->ticks - lane->ticks) / wall_apart;
    /* A wall clock that was set in between must not bend the ticks. */
    if (refined > rate * 0.999 && refined < rate * 1.001) rate = refined;
  }
  if (!(rate > 0.0)) return 0;
  const double ns = (double)(int64_t)(ticks - lane->ticks) / rate;
  if (!(ns > -9e18 && ns < 9e18)) return 0;
  return lane->wall + (uint64_t)(int64_t)ns;
}
