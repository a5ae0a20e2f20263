/* SPDX-License-Identifier: MIT */
/* In place: reserve, commit, abort; peek, release. */
#include "ring.h"

/* The operations with marks, one slot by the shorter name. */
static uint64_t *reserve(size_t n, size_t *got) {
  LF_INVOKE("reserve", n);
  void *slots = n == 1 ? lf_spsc_ring_reserve(ring) : lf_spsc_ring_reserve_n(ring, n, got);
  if (n == 1) *got = slots != NULL;
  LF_RETURN(slots ? "ok" : "full", *got);
  return (uint64_t *)slots;
}

static void commit(size_t n) {
  LF_INVOKE("commit", n);
  if (n == 1) {
    lf_spsc_ring_commit(ring);
  } else {
    lf_spsc_ring_commit_n(ring, n);
  }
  LF_RETURN("ok", 0);
}

static const uint64_t *peek(size_t n, size_t *got) {
  LF_INVOKE("peek", n);
  const void *slots = n == 1 ? lf_spsc_ring_peek(ring) : lf_spsc_ring_peek_n(ring, n, got);
  if (n == 1) *got = slots != NULL;
  LF_RETURN(slots ? "ok" : "empty", *got);
  return (const uint64_t *)slots;
}

static void release(size_t n) {
  LF_INVOKE("release", n);
  if (n == 1) {
    lf_spsc_ring_release(ring);
  } else {
    lf_spsc_ring_release_n(ring, n);
  }
  LF_RETURN("ok", 0);
}

static void commit_next(void) {
  size_t got;
  uint64_t *slot = reserve(1, &got);
  if (slot == NULL) return;
  *slot = ++pushed_items;
  commit(1);
}

static void release_next(void) {
  size_t got;
  const uint64_t *slot = peek(1, &got);
  if (slot == NULL) return;
  assert(*slot == ++popped_items);
  release(1);
}

static void *commit_two(void *unused) {
  commit_next();
  commit_next();
  return unused;
}

static void *abort_then_commit(void *unused) {
  size_t got;
  uint64_t *slot = reserve(1, &got);
  if (slot != NULL) {
    *slot = 99; /* nobody may ever see it */
    lf_spsc_ring_abort(ring);
  }
  return commit_two(unused);
}

static void *release_two(void *unused) {
  release_next();
  release_next();
  return unused;
}

static void *peek_without_release(void *unused) {
  size_t got;
  const uint64_t *slot = peek(1, &got);
  if (slot != NULL) assert(*slot == popped_items + 1);
  return release_two(unused);
}

static void *commit_span(void *unused) {
  size_t got;
  uint64_t *slots = reserve(2, &got);
  for (size_t i = 0; i < got; i++) slots[i] = ++pushed_items;
  if (slots != NULL) commit(got);
  commit_next();
  return unused;
}

static void *release_span(void *unused) {
  size_t got;
  const uint64_t *slots = peek(2, &got);
  for (size_t i = 0; i < got; i++) assert(slots[i] == ++popped_items);
  if (slots != NULL) release(got);
  release_next();
  return unused;
}

/* A slot is written in place and read in place, and used again.
 * progress: wait-free 3 */
LF_SCENARIO(reserve_commit) {
  make_ring(1, UINT64_MAX);
  race_two(commit_two, release_two);
  drain();
}

/* What was reserved and aborted is never seen.
 * progress: wait-free 3 */
LF_SCENARIO(reserve_abort) {
  make_ring(1, UINT64_MAX);
  race_two(abort_then_commit, release_two);
  drain();
}

/* What was looked at and not released is still the next item, and the producer leaves it alone.
 * progress: wait-free 3 */
LF_SCENARIO(peek_again) {
  make_ring(1, UINT64_MAX);
  race_two(commit_two, peek_without_release);
  drain();
}

/* Spans end at the edge: two slots are asked for where one is left before it.
 * progress: wait-free 3 */
LF_SCENARIO(span_to_the_edge) {
  make_ring(2, UINT64_MAX);
  race_two(commit_span, release_span);
  drain();
}
