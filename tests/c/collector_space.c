/* SPDX-License-Identifier: MIT */
/* No space, no permission: an error at open names what to do; a disk that fills later keeps the events in the lanes
 * until there is room; a file size limit too. */
#include "collector_common.h"

#include <sys/mount.h>
#include <sys/resource.h>

static void open_fails(const lf_collector_options *o, int number, const char *words) {
  char error[512];
  lf_collector *c = NULL;
  const int failed = lf_collector_open(o, &c, error, sizeof error);
  if (failed != number || strstr(error, words) == NULL) fprintf(stderr, "%d: %s\n", failed, error);
  CHECK(c == NULL && failed == number && strstr(error, words) != NULL);
}

static void bad_options(void) {
  const char *dir = fresh_dir();
  lf_collector_options o = options(dir);
  o.memory = 1000;
  open_fails(&o, EINVAL, "memory=");
  o = options(dir);
  o.memory = UINT64_MAX;
  open_fails(&o, EINVAL, "memory=");
  o = options(dir);
  o.lane_bytes = 1;
  open_fails(&o, EINVAL, "lane_bytes=");
  o = options(dir);
  o.lane_bytes = o.memory + 1;
  open_fails(&o, EINVAL, "lane_bytes=");
  o = options(dir);
  o.format = 7;
  open_fails(&o, EINVAL, "format=");
  o = options("");
  open_fails(&o, EINVAL, "directory");
  o = options("/proc/nothing/here");
  open_fails(&o, ENOENT, "/proc/nothing");
  o = options("/dev/null/x");
  open_fails(&o, ENOTDIR, "/dev/null");
  o = options(dir);
  o.memory = (uint64_t)1 << 43;
  o.lane_bytes = (uint64_t)1 << 36;
  open_fails(&o, ENOSPC, "shm-size");
  CHECK(count_files(dir, "proc-") == 0 && count_files(dir, "lane-") == 0);
  remove_dir(dir);
}

static void unwritable(void) {
  if (geteuid() == 0) {
    const pid_t pid = fork();
    if (pid == 0) {
      CHECK(setuid(65534) == 0);
      lf_collector_options o = options("/usr/lf-test-not-allowed");
      open_fails(&o, EACCES, "write permission");
      _exit(0);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
  } else {
    lf_collector_options o = options("/usr/lf-test-not-allowed");
    open_fails(&o, EACCES, "write permission");
  }
}

/* Emits `n` events of 100 bytes, waiting when full. */
static void emit_all(lf_collector *c, int n, int64_t patience) {
  char text[100];
  memset(text, 'e', sizeof text);
  lf_lane *lane = lf_collector_lane(c);
  for (int i = 0; i < n; i++) {
    lf_status s = lf_lane_emit(lane, text, sizeof text, 0, LF_EMIT_WAIT);
    if (s == LF_FULL && lf_lane_wait_room(lane, sizeof text, 0, patience) == LF_OK) {
      s = lf_lane_emit(lane, text, sizeof text, 0, LF_EMIT_RETRY);
    } else if (s == LF_FULL) {
      lf_lane_give_up(lane, LF_REASON_FULL);
    }
  }
}

static void file_size_limit(void) {
  const char *dir = fresh_dir();
  lf_collector_options o = options(dir);
  CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
  lf_collector *c = open_ok(&o);
  lf_counters k;
  char trouble[256], error[512];
  CHECK(lf_collector_lane(c) != NULL);
  struct rlimit before, small;
  CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
  small = before;
  small.rlim_cur = 10000;
  CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
  emit_all(c, 1000, 1000000);
  CHECK(lf_collector_flush(c, 1000000000) == LF_BUSY);
  lf_collector_trouble(c, trouble, sizeof trouble);
  CHECK(strstr(trouble, "ulimit -f") != NULL);
  lf_collector_counters(c, &k);
  CHECK(k.pending > 0 && k.accepted == k.delivered + k.pending && k.offered == 1000);
  CHECK(k.accepted + k.rejected[LF_REASON_FULL] == 1000);
  CHECK(lf_collector_close(c, 100000000, error, sizeof error) != 0 && strstr(error, "next open") != NULL);
  lf_collector *const left = c; /* closed, not freed: what stayed can be adopted already */
  CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
  c = open_ok(&o);
  close_ok(c);
  lf_collector_free(c);
  lf_collector_free(left);
  CHECK(read_segments(dir).records == k.accepted);
  remove_dir(dir);
}

/* The segments' disk fills up and is freed again: nothing is lost, the drain goes on by itself. */
static void disk_fills(void) {
  const char *dir = fresh_dir(), *disk = fresh_dir();
  char stuffing[PATH_MAX], trouble[256];
  if (mount("none", disk, "tmpfs", 0, "size=512k") != 0) {
    fprintf(stderr, "no tmpfs of our own here: skipped\n");
    remove_dir(dir);
    remove_dir(disk);
    return;
  }
  lf_collector_options o = options(dir);
  char segments[PATH_MAX];
  snprintf(segments, sizeof segments, "%s/segments", disk);
  o.segments = segments;
  lf_collector *c = open_ok(&o);
  snprintf(stuffing, sizeof stuffing, "%s/stuffing", disk);
  const int fd = open(stuffing, O_WRONLY | O_CREAT, 0666);
  CHECK(fd >= 0 && posix_fallocate(fd, 0, 400 << 10) == 0);
  emit_all(c, 1500, 1000000);
  lf_counters k;
  CHECK(lf_collector_flush(c, 2000000000) == LF_BUSY);
  lf_collector_trouble(c, trouble, sizeof trouble);
  CHECK(strstr(trouble, "No space left") != NULL && strstr(trouble, "free some space") != NULL);
  lf_collector_counters(c, &k);
  CHECK(k.pending > 0 && k.accepted == k.delivered + k.pending);
  CHECK(ftruncate(fd, 0) == 0);
  close(fd);
  for (int i = 0; i < 300 && lf_collector_flush(c, 1000000000) != LF_OK; i++) usleep(10000);
  lf_collector_trouble(c, trouble, sizeof trouble);
  CHECK(*trouble == '\0');
  emit_all(c, 100, 5000000000);
  lf_collector_counters(c, &k);
  close_ok(c);
  lf_collector_free(c);
  const tally t = read_segments(dir);
  CHECK(t.records == k.accepted && t.gaps == 0);
  CHECK(umount(disk) == 0);
  remove_dir(dir);
  remove_dir(disk);
}

/* Adoption meets a full disk: the lanes stay until it is not. */
static void adoption_waits_for_space(void) {
  const char *dir = fresh_dir(), *disk = fresh_dir();
  if (mount("none", disk, "tmpfs", 0, "size=256k") != 0) {
    remove_dir(dir);
    remove_dir(disk);
    return;
  }
  lf_collector_options o = options(dir);
  char segments[PATH_MAX], stuffing[PATH_MAX], trouble[256];
  snprintf(segments, sizeof segments, "%s/segments", disk);
  snprintf(stuffing, sizeof stuffing, "%s/stuffing", disk);
  o.segments = segments;
  const pid_t pid = fork();
  if (pid == 0) {
    o.drain = 0;
    emit_all(open_ok(&o), 400, 0);
    raise(SIGKILL);
  }
  int status;
  CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
  const int fd = open(stuffing, O_WRONLY | O_CREAT, 0666);
  CHECK(fd >= 0 && posix_fallocate(fd, 0, 240 << 10) == 0);
  lf_collector *c = open_ok(&o);
  lf_collector_trouble(c, trouble, sizeof trouble);
  CHECK(strstr(trouble, "No space left") != NULL && count_files(dir, "lane-") == 2);
  CHECK(ftruncate(fd, 0) == 0);
  close(fd);
  close_ok(c);
  lf_collector_free(c);
  c = open_ok(&o);
  close_ok(c);
  lf_collector_free(c);
  CHECK(read_segments(dir).records == 400 && count_files(dir, "lane-") == 0);
  CHECK(umount(disk) == 0);
  remove_dir(dir);
  remove_dir(disk);
}

int main(void) {
  bad_options();
  unwritable();
  file_size_limit();
  disk_fills();
  adoption_waits_for_space();
  return 0;
}
