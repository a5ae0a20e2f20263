/* SPDX-License-Identifier: MIT */
/* fork: the child's handles go on working with files of its own; what was pending stays the parent's; the child
 * keeps no lock of the parent's alive. */
#include "collector_common.h"

/* ThreadSanitizer dies of threads made after a fork, and takes those that a fork left behind for alive: under it,
 * collectors drain in the threads that call them, and nothing forks under load. */
#if defined(__SANITIZE_THREAD__)
#define DRAIN 0
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define DRAIN 0
#endif
#endif
#ifndef DRAIN
#define DRAIN 1
#endif

static uint64_t parents, childs, grandchilds;

static void see(const lane_tally *lane, const lf_record_ref *ref, const unsigned char *payload) {
  (void)lane;
  CHECK(ref->len == 1);
  parents += payload[0] == 'p';
  childs += payload[0] == 'c';
  grandchilds += payload[0] == 'g';
}

static int wait_for(pid_t pid) {
  int status;
  CHECK(waitpid(pid, &status, 0) == pid);
  return status;
}

static void emit(lf_collector *c, const char *text, int n) {
  lf_lane *lane = lf_collector_lane(c);
  CHECK(lane != NULL);
  for (int i = 0; i < n; i++) CHECK(lf_lane_emit(lane, text, 1, 0, LF_EMIT_CRITICAL) == LF_OK);
}

static void child_life(lf_collector *c, lf_lane *stale) {
  lf_counters k;
  /* The parent's handle answers and harms nobody. */
  CHECK(lf_lane_emit(stale, "x", 1, 0, 0) == LF_CLOSED && lf_lane_max_record(stale) == 0);
  CHECK(lf_lane_wait_room(stale, 1, 0, 0) == LF_CLOSED);
  CHECK(lf_collector_lane(c) != stale);
  emit(c, "c", 200);
  CHECK(lf_collector_schema(c, "click(n:int)") == 16 && lf_collector_schema(c, "view(n:int)") == 17);
  lf_collector_counters(c, &k);
  CHECK(k.accepted == 200 && k.offered == 201 && k.rejected[LF_REASON_CLOSED] == 1);
  CHECK(lf_collector_flush(c, 5000000000) == LF_OK);
  const pid_t pid = fork();
  if (pid == 0) {
    emit(c, "g", 50);
    _exit(0); /* without close: the next open adopts */
  }
  CHECK(wait_for(pid) == 0);
  close_ok(c);
  lf_collector_free(c);
  _exit(0);
}

static void children(int drain) {
  const char *dir = fresh_dir();
  lf_collector_options o = options(dir);
  o.drain = (uint32_t)drain;
  o.flush_ms = 1000;
  lf_collector *c = open_ok(&o);
  CHECK(lf_collector_schema(c, "click(n:int)") == 16);
  lf_lane *lane = lf_collector_lane(c);
  emit(c, "p", 300);
  pid_t pid[4];
  for (int i = 0; i < 4; i++) {
    pid[i] = fork();
    CHECK(pid[i] >= 0);
    if (pid[i] == 0) child_life(c, lane);
  }
  emit(c, "p", 300);
  for (int i = 0; i < 4; i++) CHECK(wait_for(pid[i]) == 0);
  /* A child that touches nothing leaves nothing. */
  const pid_t idle = fork();
  if (idle == 0) {
    lf_collector_free(c);
    _exit(0);
  }
  CHECK(wait_for(idle) == 0);
  /* A close that met another adopter may have left a grandchild's file for the next open. */
  const int files = count_files(dir, "proc-");
  const pid_t counting = fork();
  if (counting == 0) {
    lf_counters k;
    lf_collector_reject(c, LF_REASON_ENCODE);
    lf_collector_counters(c, &k);
    CHECK(k.offered == 1 && k.rejected[LF_REASON_ENCODE] == 1);
    CHECK(count_files(dir, "proc-") == files + 1);
    close_ok(c);
    _exit(0);
  }
  CHECK(wait_for(counting) == 0);
  CHECK(lf_collector_lane(c) == lane);
  close_ok(c);
  lf_collector_free(c);
  c = open_ok(&o);
  close_ok(c);
  lf_collector_free(c);
  parents = childs = grandchilds = 0;
  on_record = see;
  const tally t = read_segments(dir);
  on_record = NULL;
  CHECK(parents == 600 && childs == 800 && grandchilds == 200 && t.parts == 0);
  CHECK(count_files(dir, "lane-") == 0 && count_files(dir, "proc-") == 0);
  remove_dir(dir);
}

/* The parent dies, its child lives on: the parent's lanes are adopted at once. */
static void lock_is_not_inherited(void) {
  const char *dir = fresh_dir();
  lf_collector_options o = options(dir);
  o.drain = DRAIN;
  int pipes[2];
  CHECK(pipe(pipes) == 0);
  const pid_t pid = fork();
  if (pid == 0) {
    lf_collector *c = open_ok(&o);
    emit(c, "p", 100);
    if (fork() == 0) {
      emit(c, "c", 10); /* a live process of its own */
      const pid_t self = getpid();
      CHECK(write(pipes[1], &self, sizeof self) == (ssize_t)sizeof self);
    }
    for (;;) pause();
  }
  pid_t child;
  CHECK(read(pipes[0], &child, sizeof child) == (ssize_t)sizeof child);
  CHECK(kill(pid, SIGKILL) == 0);
  (void)wait_for(pid);
  lf_collector *c = open_ok(&o);
  CHECK(count_files(dir, "proc-") == 2); /* the child's and ours */
  CHECK(kill(child, SIGKILL) == 0);
  usleep(100000);
  close_ok(c);
  lf_collector_free(c);
  c = open_ok(&o);
  close_ok(c);
  lf_collector_free(c);
  parents = childs = 0;
  on_record = see;
  (void)read_segments(dir);
  on_record = NULL;
  CHECK(parents == 100 && childs == 10);
  remove_dir(dir);
}

static void *emit_on(void *argument) {
  lf_collector *c = argument;
  for (int i = 0; i < 20000; i++) (void)lf_lane_emit(lf_collector_lane(c), "p", 1, 0, 0);
  return NULL;
}

/* Forks while other threads emit and the drain writes: no child gets stuck. */
static void fork_under_load(void) {
  const char *dir = fresh_dir();
  lf_collector_options o = options(dir);
  o.flush_ms = 1;
  lf_collector *c = open_ok(&o);
  pthread_t thread[2];
  for (int i = 0; i < 2; i++) CHECK(pthread_create(&thread[i], NULL, emit_on, c) == 0);
  for (int i = 0; i < (int)scaled(40) + 4; i++) {
    const pid_t pid = fork();
    if (pid == 0) {
      emit(c, "c", 20);
      close_ok(c);
      _exit(0);
    }
    CHECK(wait_for(pid) == 0);
  }
  for (int i = 0; i < 2; i++) CHECK(pthread_join(thread[i], NULL) == 0);
  lf_counters k;
  lf_collector_counters(c, &k);
  close_ok(c);
  lf_collector_free(c);
  parents = childs = 0;
  on_record = see;
  (void)read_segments(dir);
  on_record = NULL;
  CHECK(parents == k.accepted && childs == 20 * (scaled(40) + 4));
  remove_dir(dir);
}

#if defined(__SANITIZE_ADDRESS__)
#define ALLOCATOR_SURVIVES_FORK 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ALLOCATOR_SURVIVES_FORK 0
#endif
#endif
#ifndef ALLOCATOR_SURVIVES_FORK
#define ALLOCATOR_SURVIVES_FORK 1
#endif

int main(void) {
  children(0);
  /* AddressSanitizer's allocator (gcc 12, clang 14) does not hold its locks over fork, as libc's does: a child of a
   * process with other threads can find them taken for ever. */
  if (!ALLOCATOR_SURVIVES_FORK) return 0;
  children(DRAIN);
  lock_is_not_inherited();
  if (DRAIN) fork_under_load();
  return 0;
}
