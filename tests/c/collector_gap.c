/* SPDX-License-Identifier: MIT */
/* What was dropped is in the stream: a GAP record before the next event that was accepted, with the number of that
 * event, how many were dropped for which reason, and when; never doubled, never counted as an event. */
#include "collector_common.h"

typedef struct gap {
  uint64_t from, to, rejected[8];
} gap;

static lf_record_ref gap_ref[16];
static gap gap_seen[16];
static size_t gaps_seen;
static uint64_t number_before_gap[16], last_number;

static void see_gap(const lane_tally *lane, const lf_record_ref *ref, const unsigned char *payload) {
  (void)lane;
  CHECK(gaps_seen < 16 && ref->len == sizeof(gap));
  gap_ref[gaps_seen] = *ref;
  number_before_gap[gaps_seen] = last_number;
  memcpy(&gap_seen[gaps_seen++], payload, sizeof(gap));
}

static void see_record(const lane_tally *lane, const lf_record_ref *ref, const unsigned char *payload) {
  (void)lane;
  (void)payload;
  last_number = ref->seq;
}

static tally look(const char *dir) {
  gaps_seen = 0;
  last_number = 0;
  on_gap = see_gap;
  on_record = see_record;
  return read_segments(dir);
}

static lf_collector *open_small(const char *dir, uint32_t format) {
  lf_collector_options o = options(dir);
  o.memory = o.lane_bytes = 65536;
  o.drain = 0;
  o.format = format;
  return open_ok(&o);
}

static const char text[100] = "an event";

/* Emits until the lane is full; how many went in. The event that did not counts as dropped. */
static uint64_t fill(lf_lane *lane) {
  uint64_t n = 0;
  while (lf_lane_emit(lane, text, sizeof text, 0, 0) == LF_OK) n++;
  return n;
}

static void nobody_else_writes_one(void) {
  const char *dir = fresh_dir();
  lf_collector *c = open_small(dir, LF_FORMAT_BINARY);
  lf_lane *lane = lf_collector_lane(c);
  for (int i = 0; i < 3; i++) CHECK(lf_lane_emit(lane, text, sizeof text, 0, 0) == LF_OK);
  CHECK(lf_lane_emit(lane, "forged", 6, 2, 0) == LF_TOO_BIG);
  close_ok(c);
  lf_collector_free(c);
  CHECK(look(dir).records == 3 && gaps_seen == 1 && gap_seen[0].rejected[LF_REASON_TOO_BIG] == 1);
  remove_dir(dir);
}

static void between_two_events(void) {
  const char *dir = fresh_dir();
  lf_collector *c = open_small(dir, LF_FORMAT_BINARY);
  lf_lane *lane = lf_collector_lane(c);
  const uint64_t n = fill(lane);
  for (int i = 0; i < 6; i++) CHECK(lf_lane_emit(lane, text, sizeof text, 0, 0) == LF_FULL);
  static const char huge[60000];
  CHECK(lf_lane_emit(lane, huge, sizeof huge, 0, 0) == LF_TOO_BIG);
  CHECK(lf_lane_emit(lane, "forged", 6, 2, 0) == LF_TOO_BIG);
  lf_counters k;
  lf_collector_counters(c, &k);
  CHECK(k.rejected[LF_REASON_FULL] == 7 && k.rejected[LF_REASON_TOO_BIG] == 2);
  CHECK(lf_collector_flush(c, -1) == LF_OK);
  CHECK(lf_lane_emit(lane, "after", 5, 0, 0) == LF_OK);
  CHECK(lf_lane_emit(lane, "and", 3, 0, 0) == LF_OK);
  lf_collector_counters(c, &k);
  CHECK(k.accepted == n + 2 && k.pending == 2 && k.offered == k.accepted + 9);
  close_ok(c);
  lf_collector_free(c);
  const tally t = look(dir);
  CHECK(t.records == n + 2 && t.gaps == 0 && gaps_seen == 1 && t.told == 1);
  CHECK(gap_ref[0].seq == n + 1 && number_before_gap[0] == n);
  CHECK(gap_seen[0].rejected[LF_REASON_FULL] == 7 && gap_seen[0].rejected[LF_REASON_TOO_BIG] == 2);
  CHECK(gap_seen[0].from < gap_seen[0].to && gap_seen[0].to < gap_ref[0].ticks);
  remove_dir(dir);
}

static void nothing_after(void) {
  const char *dir = fresh_dir();
  lf_collector *c = open_small(dir, LF_FORMAT_BINARY);
  lf_lane *lane = lf_collector_lane(c);
  const uint64_t n = fill(lane);
  CHECK(lf_lane_emit(lane, text, sizeof text, 0, LF_EMIT_WAIT) == LF_FULL); /* counted when it gives up */
  lf_lane_give_up(lane, LF_REASON_FULL);
  close_ok(c);
  lf_collector_free(c);
  const tally t = look(dir);
  CHECK(t.records == n && gaps_seen == 1 && gap_ref[0].seq == n + 1);
  CHECK(gap_seen[0].rejected[LF_REASON_FULL] == 2);
  remove_dir(dir);
}

/* Killed with a GAP record in the lane: whoever adopts it delivers it once, and counts no event for it. */
static void adopted(int records_behind) {
  const char *dir = fresh_dir();
  const pid_t pid = fork();
  if (pid == 0) {
    lf_collector *c = open_small(dir, LF_FORMAT_BINARY);
    lf_lane *lane = lf_collector_lane(c);
    (void)fill(lane);
    CHECK(lf_collector_flush(c, -1) == LF_OK);
    for (int i = 0; i < records_behind; i++) CHECK(lf_lane_emit(lane, "x", 1, 0, 0) == LF_OK);
    raise(SIGKILL);
  }
  int status;
  CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
  lf_collector *c = open_small(dir, LF_FORMAT_BINARY);
  close_ok(c);
  lf_collector_free(c);
  const tally t = look(dir);
  CHECK(t.gaps == 0 && gaps_seen == 1 && gap_seen[0].rejected[LF_REASON_FULL] == 1);
  CHECK(t.records == gap_ref[0].seq - 1 + (uint64_t)records_behind);
  CHECK(count_files(dir, "lane-") == 0 && count_files(dir, "quarantine") == 0);
  char command[PATH_MAX + 100];
  snprintf(command, sizeof command,
           "grep -q '\"accepted\":%llu,\"delivered\":%llu,\"torn\":0,\"corrupt\":0,' %s/ledger",
           (unsigned long long)t.records, (unsigned long long)t.records, dir);
  CHECK(system(command) == 0);
  remove_dir(dir);
}

static void as_text(void) {
  const char *dir = fresh_dir();
  lf_collector *c = open_small(dir, LF_FORMAT_NDJSON);
  lf_lane *lane = lf_collector_lane(c);
  const uint64_t n = fill(lane);
  close_ok(c);
  lf_collector_free(c);
  char command[PATH_MAX + 200];
  snprintf(command, sizeof command,
           "tail -n 1 %s/segments/*.ndjson | "
           "grep -Eqx '\\{\"gap\":\\{\"lane\":\"[0-9a-f]{16}\",\"before\":%llu,\"ts\":[0-9]+,\"from\":[0-9]+,"
           "\"to\":[0-9]+,\"rejected\":\\{\"full\":1\\}\\}\\}'",
           dir, (unsigned long long)n + 1);
  CHECK(system(command) == 0);
  remove_dir(dir);
}

int main(void) {
  nobody_else_writes_one();
  between_two_events();
  nothing_after();
  adopted(1);
  adopted(40);
  as_text();
  return 0;
}
