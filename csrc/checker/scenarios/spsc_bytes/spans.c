/* SPDX-License-Identifier: MIT */
/* In place: reserve, commit, abort, commit of less; peek, release; everything up to the edge as one span. */
#include "bytes.h"

/* The operations with marks. */
static void *reserve(void) {
  void *payload;
  LF_INVOKE("reserve", LONGEST);
  const lf_status status = lf_spsc_bytes_reserve(queue, LONGEST, &payload);
  LF_RETURN(answer_of(status), 0);
  return payload; /* NULL unless it went well */
}

static void commit(size_t len) {
  LF_INVOKE("commit", len);
  lf_spsc_bytes_commit(queue, len);
  LF_RETURN("ok", 0);
}

static const lf_record *peek(void) {
  const lf_record *record;
  LF_INVOKE("peek", 0);
  const lf_status status = lf_spsc_bytes_peek(queue, &record);
  LF_RETURN(answer_of(status), 0);
  return record;
}

static void release(void) {
  LF_INVOKE("release", 0);
  lf_spsc_bytes_release(queue);
  LF_RETURN("ok", 0);
}

static const void *peek_span(size_t *nbytes) {
  LF_INVOKE("peek_span", 0);
  const void *span = lf_spsc_bytes_peek_span(queue, nbytes);
  LF_RETURN(span ? "ok" : "empty", *nbytes);
  return span;
}

static void release_span(size_t nbytes) {
  LF_INVOKE("release_span", nbytes);
  lf_spsc_bytes_release_span(queue, nbytes);
  LF_RETURN("ok", 0);
}

static void commit_next(size_t len) {
  void *payload = reserve();
  if (payload == NULL) return;
  pushed_items++;
  for (size_t i = 0; i < len / sizeof(uint64_t); i++) ((uint64_t *)payload)[i] = pushed_items;
  commit(len);
}

static void release_next(void) {
  const lf_record *record = peek();
  if (record == NULL) return;
  expect_next(record + 1, lf_record_len(record->word));
  release();
}

static void *commit_two(void *unused) {
  commit_next(LONGEST);
  commit_next(sizeof(uint64_t)); /* less than was reserved */
  return unused;
}

static void *abort_then_commit(void *unused) {
  void *payload = reserve();
  if (payload != NULL) {
    memset(payload, 0xEE, LONGEST); /* nobody may ever see it */
    lf_spsc_bytes_abort(queue);
  }
  commit_next(LONGEST);
  return unused;
}

static void *release_two(void *unused) {
  release_next();
  release_next();
  return unused;
}

static void take_span(void) {
  size_t nbytes;
  const unsigned char *span = (const unsigned char *)peek_span(&nbytes);
  if (span == NULL) return;
  for (size_t at = 0; at < nbytes;) {
    const lf_record *record = (const lf_record *)(const void *)(span + at);
    if (lf_record_kind(record->word) == LF_RECORD_PAD) break; /* up to the edge, where the span ends */
    expect_next(record + 1, lf_record_len(record->word));
    at += lf_record_bytes(record->word);
  }
  release_span(nbytes);
}

static void *take_two_spans(void *unused) {
  take_span();
  take_span();
  return unused;
}

/* Records written and read in place, the second shorter than its room.
 * progress: wait-free 3 */
LF_SCENARIO(reserve_commit) {
  make_queue(UINT64_MAX - 31);
  race_two(commit_two, release_two);
  drain();
}

/* What was reserved and aborted is never seen, padding included.
 * progress: wait-free 3 */
LF_SCENARIO(reserve_abort) {
  make_queue(UINT64_MAX - 15);
  race_two(abort_then_commit, release_two);
  drain();
}

/* All that is ready at once, up to the edge.
 * progress: wait-free 3 */
LF_SCENARIO(spans) {
  make_queue(UINT64_MAX - 15);
  race_two(commit_two, take_two_spans);
  drain();
}
