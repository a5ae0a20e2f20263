/* SPDX-License-Identifier: MIT */
/* collector.c: open and free: sizes, directories, sentences for what is wrong with them. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define KIB ((uint64_t)1024)
#define MIB (KIB * 1024)

static int settle_sizes(lf_collector *c, const lf_collector_options *o, char *error, size_t bytes) {
  const uint64_t memory = o->memory != 0 ? o->memory : 64 * MIB;
  uint64_t lane = o->lane_bytes;
  if (memory < 64 * KIB)
    return lf_fail(error, bytes, EINVAL, "memory=%llu is too small for one lane: give at least 65536 bytes",
                   (unsigned long long)memory);
  if (memory > (uint64_t)1 << 44)
    return lf_fail(error, bytes, EINVAL, "memory=%llu is more than 16 TiB", (unsigned long long)memory);
  if (lane == 0) {
    lane = memory / 16;
    if (lane < 64 * KIB) lane = 64 * KIB;
    if (lane > 4 * MIB) lane = 4 * MIB;
    uint64_t below = lf_power_of_two_above(lane);
    lane = below > lane ? below / 2 : below;
  }
  if (lane < 4 * KIB || lane > memory)
    return lf_fail(error, bytes, EINVAL, "lane_bytes=%llu must be between 4096 and memory=%llu",
                   (unsigned long long)lane, (unsigned long long)memory);
  c->lane_bytes = lf_power_of_two_above(lane);
  if (c->lane_bytes > memory)
    return lf_fail(error, bytes, EINVAL, "lane_bytes=%llu, rounded up to a power of two, is more than memory=%llu",
                   (unsigned long long)o->lane_bytes, (unsigned long long)memory);
  const uint64_t lanes = memory / c->lane_bytes;
  c->lanes_most = lanes < LF_LANES_MOST ? (uint32_t)lanes : LF_LANES_MOST;
  c->segment_bytes = o->segment_bytes != 0 ? o->segment_bytes : 64 * MIB;
  c->flush_ms = o->flush_ms != 0 ? o->flush_ms : 100;
  c->overflow = o->overflow;
  c->drains = o->drain;
  c->start_at = o->start_at;
  if (o->overflow > LF_OVERFLOW_BLOCK) return lf_fail(error, bytes, EINVAL, "overflow=%u is not known", o->overflow);
  if (o->format > LF_FORMAT_NDJSON) return lf_fail(error, bytes, EINVAL, "format=%u is not known", o->format);
  c->segment.format = o->format;
  return 0;
}

static int check_space(const lf_collector *c, const lf_collector_options *o, char *error, size_t bytes) {
  struct statvfs fs;
  const uint64_t memory = (uint64_t)c->lanes_most * (c->lane_bytes + 8 * KIB) + LF_PROCESS_BYTES;
  if (fstatvfs(c->dir, &fs) != 0) return 0;
  const uint64_t room = (uint64_t)fs.f_bavail * fs.f_frsize;
  if (room >= memory) return 0;
  return lf_fail(
      error, bytes, ENOSPC,
      "%s has %llu bytes free and the lanes may need %llu: pass a smaller memory=, or make room (Docker gives "
      "/dev/shm 64 MiB: docker run --shm-size=1g; Kubernetes: emptyDir with medium: Memory)",
      o->dir, (unsigned long long)room, (unsigned long long)memory);
}

static int link_segments(int dir, const char *target, char *error, size_t bytes) {
  char whole[PATH_MAX], there[PATH_MAX];
  const int made = lf_files_make_dirs(target);
  if (made != 0) return lf_fail(error, bytes, made, "making the segments directory %s", target);
  if (realpath(target, whole) == NULL) return lf_fail(error, bytes, errno, "finding the segments directory %s", target);
  if (symlinkat(whole, dir, "segments") == 0) return 0;
  if (errno != EEXIST) return lf_fail(error, bytes, errno, "linking segments to %s", whole);
  const ssize_t n = readlinkat(dir, "segments", there, sizeof there - 1);
  there[n > 0 ? n : 0] = '\0';
  if (n > 0 && strcmp(there, whole) == 0) return 0;
  return lf_fail(error, bytes, EINVAL,
                 "segments=%s, but this collector directory keeps its segments %s%s: use that, or another directory",
                 target, n > 0 ? "in " : "in its own segments/", there);
}

static int open_dirs(lf_collector *c, const lf_collector_options *o, char *error, size_t bytes) {
  int made = lf_files_make_dirs(o->dir);
  if (made != 0) return lf_fail(error, bytes, made, "making the directory %s", o->dir);
  c->dir = lf_files_open_dir(o->dir);
  if (c->dir < 0) return lf_fail(error, bytes, errno, "opening the directory %s", o->dir);
  if (o->segments != NULL && *o->segments != '\0') {
    made = link_segments(c->dir, o->segments, error, bytes);
    if (made != 0) return made;
  } else if (mkdirat(c->dir, "segments", 0777) != 0 && errno != EEXIST) {
    return lf_fail(error, bytes, errno, "making %s/segments", o->dir);
  }
  c->segments = openat(c->dir, "segments", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (c->segments < 0) return lf_fail(error, bytes, errno, "opening %s/segments", o->dir);
  return 0;
}

static lf_eventcount *make_eventcount(void) {
  void *mem = aligned_alloc(LF_LINE, lf_eventcount_size());
  return mem != NULL ? lf_eventcount_init(mem, lf_eventcount_size(), false) : NULL;
}

static int build(lf_collector *c, const lf_collector_options *o, char *error, size_t bytes) {
  int failed = settle_sizes(c, o, error, bytes);
  if (failed != 0) return failed;
  c->path = strdup(o->dir);
  c->lane = calloc(c->lanes_most, sizeof(lf_lane *));
  c->run = calloc(c->lanes_most, sizeof(lf_run));
  c->run_lane = calloc(c->lanes_most, sizeof(lf_lane *));
  c->wake = make_eventcount();
  c->drained = make_eventcount();
  if (!c->path || !c->lane || !c->run || !c->run_lane || !c->wake || !c->drained) {
    return lf_fail(error, bytes, ENOMEM, "opening %s", o->dir);
  }
  failed = open_dirs(c, o, error, bytes);
  if (failed == 0) failed = check_space(c, o, error, bytes);
  if (failed != 0) return failed;
  lf_clock_start(&c->clock);
  lf_emit_prepare(&c->clock);
  failed = lf_process_open(&c->process, c->dir, &c->clock, &c->schemas);
  if (failed != 0) return lf_fail(error, bytes, failed, "making a process file in %s", o->dir);
  c->schemas.process = c->process.id;
  lf_recover(c, 200);
  failed = lf_lanes_first(c);
  if (failed != 0)
    return lf_fail(error, bytes, failed, "making a lane of %llu bytes in %s", (unsigned long long)c->lane_bytes,
                   o->dir);
  failed = lf_drain_start(c);
  if (failed != 0) return lf_fail(error, bytes, failed, "starting the drain thread");
  return 0;
}

static void unlink_files(lf_collector *c) {
  const uint32_t lanes = lf_lanes_count(c);
  for (uint32_t i = 0; i < lanes; i++) (void)unlinkat(c->dir, c->lane[i]->name, 0);
  if (c->process.name[0] != '\0') (void)unlinkat(c->dir, c->process.name, 0);
}

static void destroy(lf_collector *c) {
  const uint32_t lanes = lf_lanes_count(c);
  for (uint32_t i = 0; i < lanes; i++) {
    lf_lane_unmap(c->lane[i]);
    free(c->lane[i]);
  }
  lf_process_shut(&c->process);
  if (c->segment.fd >= 0) lf_lockfile_close(c->segment.fd);
  if (c->segments >= 0) close(c->segments);
  if (c->dir >= 0) close(c->dir);
  lf_schemas_free(&c->schemas);
  lf_footer_free(&c->segment.footer);
  free(c->segment.text);
  free(c->lane);
  free(c->run);
  free(c->run_lane);
  free(c->wake);
  free(c->drained);
  free(c->path);
  pthread_mutex_destroy(&c->lock);
  pthread_mutex_destroy(&c->drain_lock);
  pthread_mutex_destroy(&c->trouble_lock);
  free(c);
}

int lf_collector_open(const lf_collector_options *options, lf_collector **out, char *error, size_t error_bytes) {
  *out = NULL;
  if (error_bytes != 0) *error = '\0';
  if (options->dir == NULL || *options->dir == '\0') {
    return lf_fail(error, error_bytes, EINVAL, "the directory has no name: pass a path, such as /dev/shm/app");
  }
  lf_collector *c = calloc(1, sizeof *c);
  if (c == NULL) return lf_fail(error, error_bytes, ENOMEM, "opening %s", options->dir);
  c->dir = c->segments = c->segment.fd = c->process.fd = -1;
  c->id = lf_registry_id();
  pthread_mutex_init(&c->lock, NULL);
  pthread_mutex_init(&c->drain_lock, NULL);
  pthread_mutex_init(&c->trouble_lock, NULL);
  const int failed = build(c, options, error, error_bytes);
  if (failed != 0) {
    unlink_files(c);
    destroy(c);
    return failed;
  }
  lf_fork_prepare();
  lf_registry_add(c);
  *out = c;
  return 0;
}

void lf_collector_free(lf_collector *c) {
  if (c == NULL) return;
  char error[256];
  (void)lf_collector_close(c, 5000000000, error, sizeof error);
  lf_registry_remove(c);
  destroy(c);
}
