/* SPDX-License-Identifier: MIT */
/* What a dead process left, damaged in every way: open never refuses and never crashes, delivers what is whole,
 * nothing twice, keeps the rest in quarantine/ and says so. */
#include "collector_common.h"

#include "layout.h"

static char lane_path[PATH_MAX], process_path[PATH_MAX];

static void find(const char *dir, const char *start, char *out) {
  DIR *d = opendir(dir);
  CHECK(d != NULL);
  *out = '\0';
  for (struct dirent *e; (e = readdir(d)) != NULL;) {
    if (strncmp(e->d_name, start, strlen(start)) == 0) snprintf(out, PATH_MAX, "%.1000s/%.255s", dir, e->d_name);
  }
  closedir(d);
}

/* A process that emits `n` numbered events, of which the first `drained` are in a segment, and is killed. */
static const char *dead_process(uint64_t n, uint64_t drained, uint32_t format) {
  const char *dir = fresh_dir();
  const pid_t pid = fork();
  if (pid == 0) {
    lf_collector_options o = options(dir);
    o.drain = 0;
    o.format = format;
    lf_collector *c = open_ok(&o);
    for (uint64_t i = 1; i <= n; i++) {
      uint64_t text[9] = {i, i, i, i, i, i, i, i, i};
      CHECK(lf_lane_emit(lf_collector_lane(c), text, 8 + i % 60, 0, LF_EMIT_CRITICAL) == LF_OK);
      if (i == drained) CHECK(lf_collector_flush(c, -1) == LF_OK);
    }
    raise(SIGKILL);
  }
  int status;
  CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  find(dir, "lane-", lane_path);
  find(dir, "proc-", process_path);
  CHECK(*lane_path != '\0' && *process_path != '\0');
  return dir;
}

static unsigned char seen[1 << 16];
static uint64_t total;

static void see(const lane_tally *lane, const lf_record_ref *ref, const unsigned char *payload) {
  uint64_t number;
  (void)lane;
  if (ref->len < 8) return; /* another process's */
  memcpy(&number, payload, 8);
  CHECK(number == ref->seq && number < sizeof seen && seen[number] == 0 && ref->len == 8 + number % 60);
  seen[number] = 1;
  total++;
}

/* Opens, closes, and opens again: the second finds nothing to do. How many events are in the segments; `trouble`
 * says what the first open said. */
static uint64_t adopt(const char *dir, char trouble[256]) {
  memset(seen, 0, sizeof seen);
  total = 0;
  for (int i = 0; i < 2; i++) {
    lf_collector_options o = options(dir);
    lf_collector *c = open_ok(&o);
    char text[256];
    lf_collector_trouble(c, text, sizeof text);
    if (i == 0) snprintf(trouble, 256, "%s", text);
    close_ok(c);
    lf_collector_free(c);
  }
  on_record = see;
  (void)read_segments(dir);
  on_record = NULL;
  return total;
}

static void overwrite(const char *path, long at, const void *bytes, size_t n) {
  const int fd = open(path, O_WRONLY);
  CHECK(fd >= 0 && pwrite(fd, bytes, n, at) == (ssize_t)n);
  close(fd);
}

static void flip(const char *path, long at) {
  unsigned char byte;
  const int fd = open(path, O_RDWR);
  CHECK(fd >= 0 && pread(fd, &byte, 1, at) == 1);
  byte ^= 0x10;
  CHECK(pwrite(fd, &byte, 1, at) == 1);
  close(fd);
}

#define BUFFER_AT ((long)(LF_LANE_QUEUE_AT + sizeof(lf_spsc_bytes)))

static void whole(void) {
  char trouble[256];
  for (uint64_t drained = 0; drained <= 300; drained += 100) {
    const char *dir = dead_process(300, drained, LF_FORMAT_BINARY);
    CHECK(adopt(dir, trouble) == 300 && *trouble == '\0' && count_files(dir, "quarantine") == 0);
    remove_dir(dir);
  }
}

static void flipped_record(void) {
  char trouble[256];
  const char *dir = dead_process(300, 0, LF_FORMAT_BINARY);
  flip(lane_path, BUFFER_AT + 5000);
  CHECK(adopt(dir, trouble) == 299 && strstr(trouble, "quarantine") != NULL);
  CHECK(count_files(dir, "lane-") == 0 && count_files(dir, "quarantine") == 1);
  remove_dir(dir);
}

/* Wherever a bit flips in the header and the positions: whole records are delivered, at most once. */
static void flipped_header(void) {
  char trouble[256];
  uint64_t seed = 12345;
  for (int i = 0; i < (int)scaled(300); i++) {
    const char *dir = dead_process(100, below(&seed, 2) * 50, LF_FORMAT_BINARY);
    const long at = (long)below(&seed, 3) != 0 ? (long)below(&seed, 768) : LF_LANE_QUEUE_AT + (long)below(&seed, 768);
    flip(lane_path, at);
    const uint64_t n = adopt(dir, trouble);
    if (n != 100 && at >= 128) fprintf(stderr, "bit flipped at %ld: %d of 100\n", at, (int)n);
    CHECK(n == 100 || at < 128); /* without its identity a lane can not be read: kept */
    CHECK(n == 100 || strstr(trouble, "quarantine") != NULL);
    remove_dir(dir);
  }
}

static void random_stretch(void) {
  char trouble[256];
  uint64_t seed = 99;
  for (int i = 0; i < (int)scaled(200); i++) {
    const char *dir = dead_process(400, 100, LF_FORMAT_BINARY);
    unsigned char noise[4096];
    const size_t n = 1 + below(&seed, sizeof noise);
    for (size_t k = 0; k < n; k++) noise[k] = (unsigned char)next_random(&seed);
    overwrite(lane_path, (long)below(&seed, 40000), noise, n);
    const uint64_t got = adopt(dir, trouble);
    CHECK(got <= 400 && got >= 100);
    for (uint64_t k = 1; k <= 100; k++) CHECK(seen[k]); /* what is in a segment stays, once */
    remove_dir(dir);
  }
}

static void cut_short(void) {
  char trouble[256];
  const long sizes[] = {0, 1, 100, 128, 4096, 5000, 20000};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    const char *dir = dead_process(300, 100, LF_FORMAT_BINARY);
    CHECK(truncate(lane_path, sizes[i]) == 0);
    const uint64_t got = adopt(dir, trouble);
    CHECK(got >= 100 && (sizes[i] < 20000 || got > 200) && strstr(trouble, "quarantine") != NULL);
    remove_dir(dir);
  }
  const char *dir = dead_process(300, 100, LF_FORMAT_BINARY);
  CHECK(truncate(process_path, 100) == 0);
  CHECK(adopt(dir, trouble) == 300 && strstr(trouble, "quarantine") != NULL);
  remove_dir(dir);
}

/* A lane of another version, a directory, a link, a fifo under the names we use: left alone, no crash, no hang. */
static void foreign(void) {
  char trouble[256], path[PATH_MAX + 64];
  const char *dir = dead_process(50, 0, LF_FORMAT_BINARY);
  snprintf(path, sizeof path, "%s/lane-0123456789abcdef-0123456789abcdef.lfl", dir);
  CHECK(mkfifo(path, 0666) == 0);
  snprintf(path, sizeof path, "%s/lane-0123456789abcdef-1123456789abcdef.lfl", dir);
  CHECK(symlink("/dev/zero", path) == 0);
  snprintf(path, sizeof path, "%s/proc-1123456789abcdef.lfp", dir);
  CHECK(mkdir(path, 0777) == 0);
  snprintf(path, sizeof path, "%s/proc-2123456789abcdef.lfp", dir);
  CHECK(symlink("/dev/null", path) == 0);
  snprintf(path, sizeof path, "%s/segments/2123456789abcdef-00000000.lfs.part", dir);
  CHECK(mkfifo(path, 0666) == 0);
  snprintf(path, sizeof path, "%s/segments/2123456789abcdef-00000001.lfs.part", dir);
  const int fd = open(path, O_WRONLY | O_CREAT, 0666);
  CHECK(fd >= 0 && write(fd, path, sizeof path) == (ssize_t)sizeof path);
  close(fd);
  snprintf(path, sizeof path, "%s/lane-of-mine.txt", dir);
  CHECK(close(open(path, O_WRONLY | O_CREAT, 0666)) == 0);
  lf_collector_options o = options(dir);
  lf_collector *c = open_ok(&o);
  lf_collector_trouble(c, trouble, sizeof trouble);
  close_ok(c);
  lf_collector_free(c);
  CHECK(count_files(dir, "lane-of-mine.txt") == 1 && *trouble != '\0');
  remove_dir(dir);
}

/* The writer was killed in the middle of a block: cut; the records come from the lane. */
static void torn_part(void) {
  char trouble[256], segments[PATH_MAX], part[PATH_MAX];
  for (long cut = 1; cut < 12000; cut += 1 + (long)(12000 / scaled(300))) {
    const char *dir = dead_process(300, 300, LF_FORMAT_BINARY);
    snprintf(segments, sizeof segments, "%s/segments", dir);
    find(segments, "", part);
    DIR *d = opendir(segments);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
      if (strstr(e->d_name, ".part") != NULL) snprintf(part, sizeof part, "%.1000s/%.255s", segments, e->d_name);
    }
    closedir(d);
    struct stat st;
    CHECK(stat(part, &st) == 0);
    if (cut >= st.st_size) {
      remove_dir(dir);
      break;
    }
    CHECK(truncate(part, st.st_size - cut) == 0);
    /* As if the kill had come before the acknowledgement, too. */
    const uint64_t zero[2] = {0, 0};
    overwrite(lane_path, 512, zero, sizeof zero);
    overwrite(lane_path, LF_LANE_QUEUE_AT + (long)offsetof(lf_spsc_bytes, popped), zero, 8);
    CHECK(adopt(dir, trouble) == 300);
    remove_dir(dir);
  }
}

/* The writer was killed between the footer and the file's end. */
static void killed_while_finishing(void) {
  char trouble[256], command[PATH_MAX + 200];
  for (int cut = 1; cut <= 96 + 64 + 16; cut += 7) {
    const char *dir = dead_process(300, 300, LF_FORMAT_BINARY);
    CHECK(adopt(dir, trouble) == 300);
    snprintf(command, sizeof command,
             "cd %s/segments && for f in *.lfs; do mv $f $f.part && truncate -s -%d $f.part; done", dir, cut);
    CHECK(system(command) == 0);
    CHECK(adopt(dir, trouble) == 300 && *trouble == '\0' && count_files(dir, "quarantine") == 0);
    remove_dir(dir);
  }
}

/* Written, but the lane was not told: nothing comes twice. */
static void written_but_not_acknowledged(void) {
  char trouble[256];
  const uint64_t zero[2] = {0, 0};
  const char *dir = dead_process(300, 200, LF_FORMAT_BINARY);
  overwrite(lane_path, 512, zero, sizeof zero);
  overwrite(lane_path, LF_LANE_QUEUE_AT + (long)offsetof(lf_spsc_bytes, popped), zero, 8);
  CHECK(adopt(dir, trouble) == 300 && *trouble == '\0');
  remove_dir(dir);
}

/* Killed between a record's commit and the next number, when the drain had delivered it already: nothing is wrong. */
static void delivered_before_numbered(void) {
  char trouble[256];
  const uint64_t next = 300;
  const uint32_t inside = 1;
  const char *dir = dead_process(300, 300, LF_FORMAT_BINARY);
  overwrite(lane_path, (long)offsetof(lf_lane_file, next_seq), &next, sizeof next);
  overwrite(lane_path, (long)offsetof(lf_lane_file, inside), &inside, sizeof inside);
  CHECK(adopt(dir, trouble) == 300 && *trouble == '\0' && count_files(dir, "quarantine") == 0);
  remove_dir(dir);
}

/* written_but_not_acknowledged with lines: the last one torn. */
static void torn_lines(void) {
  char command[PATH_MAX + 200], trouble[256];
  const uint64_t zero[2] = {0, 0};
  const char *dir = dead_process(300, 200, LF_FORMAT_NDJSON);
  overwrite(lane_path, 512, zero, sizeof zero);
  overwrite(lane_path, LF_LANE_QUEUE_AT + (long)offsetof(lf_spsc_bytes, popped), zero, 8);
  snprintf(command, sizeof command, "truncate -s -10 %s/segments/*.part", dir);
  CHECK(system(command) == 0);
  lf_collector_options o = options(dir);
  o.format = LF_FORMAT_NDJSON;
  lf_collector *c = open_ok(&o);
  lf_collector_trouble(c, trouble, sizeof trouble);
  close_ok(c);
  lf_collector_free(c);
  CHECK(*trouble == '\0');
  snprintf(command, sizeof command,
           "test $(cat %s/segments/*.ndjson | wc -l) = 300 && test $(cat %s/segments/*.ndjson | sort -u | wc -l) = 300",
           dir, dir);
  CHECK(system(command) == 0);
  remove_dir(dir);
}

/* Somebody writes into the lane of a living process: it goes on, says so, and the next open saves the rest. */
static void overwritten_while_alive(void) {
  char trouble[256], error[256];
  const char *dir = fresh_dir();
  lf_collector_options o = options(dir);
  o.drain = 0;
  lf_collector *c = open_ok(&o);
  find(dir, "lane-", lane_path);
  for (uint64_t i = 1; i <= 100; i++) {
    uint64_t text[9] = {i};
    CHECK(lf_lane_emit(lf_collector_lane(c), text, 8 + i % 60, 0, 0) == LF_OK);
  }
  const unsigned char noise[64] = {0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a};
  overwrite(lane_path, BUFFER_AT + 3000 / 8 * 8, noise, sizeof noise);
  (void)lf_collector_flush(c, 0);
  (void)lf_collector_flush(c, 0);
  lf_collector_trouble(c, trouble, sizeof trouble);
  CHECK(strstr(trouble, "damaged") != NULL);
  CHECK(lf_collector_close(c, 100000000, error, sizeof error) == EBADMSG && strstr(error, "next open") != NULL);
  lf_collector_free(c);
  allow_damage = 1;
  const uint64_t got = adopt(dir, trouble);
  allow_damage = 0;
  if (got < 97 || got >= 100) fprintf(stderr, "%d of 100: %s\n", (int)got, trouble);
  CHECK(got >= 97 && got < 100 && strstr(trouble, "quarantine") != NULL);
  remove_dir(dir);
}

int main(void) {
  whole();
  flipped_record();
  flipped_header();
  random_stretch();
  cut_short();
  foreign();
  torn_part();
  killed_while_finishing();
  written_but_not_acknowledged();
  delivered_before_numbered();
  torn_lines();
  overwritten_while_alive();
  return 0;
}
