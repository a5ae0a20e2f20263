/* SPDX-License-Identifier: MIT */
/* kill -9 at any instant: every event whose emit had returned is in the segments exactly once after the next open,
 * and the ledger's equations hold. A second mapping, which the dying process only stores to, says what returned. */
#include "collector_common.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>

#define THREADS 3

typedef struct oracle {
  _Atomic(uint64_t) returned[THREADS]; /* how many emits of each thread have returned OK */
  _Atomic(uint32_t) running;
} oracle;

static oracle *told;
static lf_collector *collector;

static void *emit_for_ever(void *argument) {
  const size_t self = (size_t)argument;
  uint64_t text[8] = {self};
  lf_lane *lane = lf_collector_lane(collector);
  CHECK(lane != NULL);
  for (uint64_t i = 1;; i++) {
    text[1] = i;
    const size_t n = 16 + i % 48;
    lf_status s = lf_lane_emit(lane, text, n, 0, LF_EMIT_WAIT);
    while (s == LF_FULL) {
      (void)lf_lane_wait_room(lane, n, 0, 10000000);
      s = lf_lane_emit(lane, text, n, 0, LF_EMIT_RETRY);
    }
    CHECK(s == LF_OK);
    atomic_store_explicit(&told->returned[self], i, memory_order_release);
    atomic_store_explicit(&told->running, 1u, memory_order_relaxed);
  }
  return NULL;
}

static void child(const char *dir, bool drain) {
  lf_collector_options o = options(dir);
  o.segment_bytes = 1 << 20;
  o.drain = drain;
  if (!drain) o.lane_bytes = 1 << 20;
  collector = open_ok(&o);
  pthread_t thread[THREADS];
  for (size_t i = 0; i < THREADS; i++) CHECK(pthread_create(&thread[i], NULL, emit_for_ever, (void *)i) == 0);
  pause();
}

static uint64_t seen[THREADS];

static void see(const lane_tally *lane, const lf_record_ref *ref, const unsigned char *payload) {
  uint64_t text[2];
  (void)lane;
  CHECK(ref->len >= 16);
  memcpy(text, payload, 16);
  CHECK(text[0] < THREADS && text[1] == seen[text[0]] + 1); /* in order, none missing, none twice */
  seen[text[0]] = text[1];
}

static uint64_t field(const char *line, const char *name) {
  const char *at = strstr(line, name);
  CHECK(at != NULL);
  return strtoull(at + strlen(name), NULL, 10);
}

static void check_ledger(const char *dir, uint64_t records) {
  char path[PATH_MAX];
  size_t n;
  snprintf(path, sizeof path, "%s/ledger", dir);
  char *text = (char *)read_whole(path, &n);
  /* An adopter killed between the line and the lane's removal leaves a second line: the last one counts. */
  struct {
    uint64_t lane, delivered;
  } last[256];
  size_t lanes = 0;
  for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
    const char *crc = strstr(line, ",\"crc\":\"");
    CHECK(crc != NULL && lf_crc32c(0, line, (size_t)(crc - line)) == strtoul(crc + 8, NULL, 16));
    const uint64_t accepted = field(line, "\"accepted\":"), torn = field(line, "\"torn\":");
    CHECK(field(line, "\"offered\":") == accepted + torn + field(line, "\"full\":"));
    CHECK(accepted == field(line, "\"delivered\":") && torn <= 1 && field(line, "\"corrupt\":") == 0);
    const uint64_t lane = strtoull(line + 9, NULL, 16);
    size_t i = 0;
    while (i < lanes && last[i].lane != lane) i++;
    CHECK(i < 256);
    lanes += i == lanes;
    last[i].lane = lane;
    last[i].delivered = field(line, "\"delivered\":");
  }
  uint64_t delivered = 0;
  for (size_t i = 0; i < lanes; i++) delivered += last[i].delivered;
  CHECK(delivered == records);
  free(text);
}

/* Adopters that die as well, at any step: the next one starts anew and arrives at the same. */
static void kill_adopters(const char *dir, int adopters) {
  for (int i = 0; i < adopters; i++) {
    const pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
      lf_collector_options o = options(dir);
      o.drain = 0;
      o.segment_bytes = 300000;
      (void)open_ok(&o);
      _exit(0); /* without close */
    }
    const struct timespec t = {0, rand() % 8000000};
    nanosleep(&t, NULL);
    (void)kill(pid, SIGKILL);
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
  }
}

/* Without a drain everything waits in the lanes, and adoption has much to do. */
static void one_life(unsigned long nanoseconds, bool drain) {
  const char *dir = fresh_dir();
  memset(told, 0, sizeof *told);
  memset(seen, 0, sizeof seen);
  const pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    child(dir, drain);
    _exit(1);
  }
  while (atomic_load(&told->running) == 0) usleep(100);
  const struct timespec t = {0, (long)nanoseconds};
  nanosleep(&t, NULL);
  CHECK(kill(pid, SIGKILL) == 0);
  int status;
  CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
  kill_adopters(dir, drain ? rand() % 4 : 10);
  lf_collector_options o = options(dir);
  lf_collector *c = open_ok(&o);
  char trouble[256];
  lf_collector_trouble(c, trouble, sizeof trouble);
  if (trouble[0] != '\0') fprintf(stderr, "trouble: %s\n", trouble);
  CHECK(trouble[0] == '\0');
  CHECK(count_files(dir, "lane-") == 1 && count_files(dir, "proc-") == 1);
  close_ok(c);
  lf_collector_free(c);
  on_record = see;
  const tally tl = read_segments(dir);
  on_record = NULL;
  CHECK(tl.parts == 0 && count_files(dir, "lane-") == 0 && count_files(dir, "proc-") == 0);
  if (getenv("VERBOSE") != NULL)
    fprintf(stderr, "%llu records in %llu files\n", (unsigned long long)tl.records, (unsigned long long)tl.files);
  for (size_t i = 0; i < THREADS; i++) CHECK(seen[i] >= atomic_load(&told->returned[i]));
  check_ledger(dir, tl.records);
  remove_dir(dir);
}

int main(int argc, char **argv) {
  const int lives = argc > 1 ? atoi(argv[1]) : (int)scaled(100);
  srand(argc > 2 ? (unsigned)atoi(argv[2]) : 1);
  told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(told != MAP_FAILED);
  for (int i = 0; i < lives; i++) one_life((unsigned long)rand() % 20000000, i % 3 != 0);
  return 0;
}
