/* SPDX-License-Identifier: MIT */
/* Emit, flush, drain, close: what went in is in the segments, in order and byte for byte. */
#include "collector_common.h"

/* start: where positions begin; near 2^64 they wrap within the run. */
static void one_thread(uint64_t start) {
  const char *dir = fresh_dir();
  lf_collector_options o = options(dir);
  o.start_at = start;
  lf_collector *c = open_ok(&o);
  lf_lane *lane = lf_collector_lane(c);
  CHECK(lane != NULL && lane == lf_collector_lane(c));
  char text[300];
  for (uint64_t i = 1; i <= 100000; i++) {
    const size_t n = i % 200;
    memset(text, (int)('a' + i % 26), n);
    lf_status s;
    while ((s = lf_lane_emit(lane, text, n, 0, LF_EMIT_WAIT)) == LF_FULL) {
      lf_lane_give_up(lane, LF_REASON_FULL);
      CHECK(lf_lane_wait_room(lane, n, 0, 5000000000) == LF_OK);
    }
    CHECK(s == LF_OK);
  }
  CHECK(lf_collector_flush(c, 5000000000) == LF_OK);
  lf_counters k;
  lf_collector_counters(c, &k);
  CHECK(k.accepted == 100000 && k.delivered == 100000 && k.pending == 0);
  CHECK(k.offered == k.accepted + k.rejected[LF_REASON_FULL]);
  CHECK(lf_lane_emit(lane, text, lf_lane_max_record(lane) + 1, 0, 0) == LF_TOO_BIG);
  CHECK(lf_lane_emit(lane, NULL, 0, 0, 0) == LF_OK);
  lf_collector_counters(c, &k);
  CHECK(k.rejected[LF_REASON_TOO_BIG] == 1 && k.accepted == 100001);
  close_ok(c);
  CHECK(lf_lane_emit(lane, "x", 1, 0, 0) == LF_CLOSED);
  lf_collector_counters(c, &k);
  CHECK(k.rejected[LF_REASON_CLOSED] == 1);
  lf_collector_free(c);
  tally t = read_segments(dir);
  CHECK(t.records == 100001 && t.lanes == 1 && t.lane[0].last == 100001 && t.parts == 0);
  CHECK(count_files(dir, "lane-") == 0 && count_files(dir, "proc-") == 0);
  remove_dir(dir);
}

static void schema_kinds(void) {
  const char *dir = fresh_dir();
  lf_collector_options o = options(dir);
  lf_collector *c = open_ok(&o);
  CHECK(lf_collector_schema(c, "click(uid:str,item:int,price:float)") == 16);
  CHECK(lf_collector_schema(c, "view(ok:bool)") == 17);
  CHECK(lf_collector_schema(c, "click(uid:str,item:int,price:float)") == 16);
  CHECK(lf_collector_schema(c, "empty()") == 18);
  const char *bad[] = {"", "x", "x(", "x(a)", "x(a:)", "x(a:int", "x(a:int,)", "x(a:int)y", "1x()", "x(a:uint)"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(lf_collector_schema(c, bad[i]) < 0);
  const uint64_t v = 1;
  CHECK(lf_lane_emit(lf_collector_lane(c), &v, 8, 17, 0) == LF_OK);
  close_ok(c);
  lf_collector_free(c);
  tally t = read_segments(dir);
  CHECK(t.records == 1 && t.schemas == 1);
  remove_dir(dir);
}

/* The last tenth of a lane is for critical events. */
static void critical_reserve(void) {
  const char *dir = fresh_dir();
  lf_collector_options o = options(dir);
  o.drain = 0;
  lf_collector *c = open_ok(&o);
  lf_lane *lane = lf_collector_lane(c);
  char text[104] = "x";
  uint64_t usual = 0, critical = 0;
  while (lf_lane_emit(lane, text, sizeof text, 0, 0) == LF_OK) usual++;
  const double pressure = lf_collector_pressure(c);
  CHECK(pressure > 0.88 && pressure < 0.91);
  while (lf_lane_emit(lane, text, sizeof text, 0, LF_EMIT_CRITICAL) == LF_OK) critical++;
  CHECK(usual == (o.lane_bytes - o.lane_bytes / 10) / 128 && critical == o.lane_bytes / 128 - usual);
  CHECK(lf_collector_flush(c, -1) == LF_OK && lf_collector_pressure(c) == 0.0);
  CHECK(lf_lane_emit(lane, text, sizeof text, 0, 0) == LF_OK);
  close_ok(c);
  lf_collector_free(c);
  CHECK(read_segments(dir).records == usual + critical + 1);
  remove_dir(dir);
}

int main(void) {
  one_thread(0);
  one_thread((uint64_t)0 - 50000);
  schema_kinds();
  critical_reserve();
  return 0;
}
