/* SPDX-License-Identifier: MIT */
/* In place: reserve, commit, abort; peek, release. */
#include "ring.h"

static void commit_next(void) {
  uint64_t *slot = (uint64_t *)lf_spsc_ring_reserve(ring);
  if (slot == NULL) return;
  *slot = ++pushed_items;
  lf_spsc_ring_commit(ring);
}

static void release_next(void) {
  const uint64_t *slot = (const uint64_t *)lf_spsc_ring_peek(ring);
  if (slot == NULL) return;
  assert(*slot == ++popped_items);
  lf_spsc_ring_release(ring);
}

static void *commit_two(void *unused) {
  commit_next();
  commit_next();
  return unused;
}

static void *abort_then_commit(void *unused) {
  uint64_t *slot = (uint64_t *)lf_spsc_ring_reserve(ring);
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
  const uint64_t *slot = (const uint64_t *)lf_spsc_ring_peek(ring);
  if (slot != NULL) assert(*slot == popped_items + 1);
  return release_two(unused);
}

static void *commit_span(void *unused) {
  size_t got;
  uint64_t *slots = (uint64_t *)lf_spsc_ring_reserve_n(ring, 2, &got);
  for (size_t i = 0; i < got; i++) slots[i] = ++pushed_items;
  if (slots != NULL) lf_spsc_ring_commit_n(ring, got);
  commit_next();
  return unused;
}

static void *release_span(void *unused) {
  size_t got;
  const uint64_t *slots = (const uint64_t *)lf_spsc_ring_peek_n(ring, 2, &got);
  for (size_t i = 0; i < got; i++) assert(slots[i] == ++popped_items);
  if (slots != NULL) lf_spsc_ring_release_n(ring, got);
  release_next();
  return unused;
}

/* A slot is written in place and read in place, and used again. */
LF_SCENARIO(reserve_commit) {
  make_ring(1, UINT64_MAX);
  race_two(commit_two, release_two);
  drain();
}

/* What was reserved and aborted is never seen. */
LF_SCENARIO(reserve_abort) {
  make_ring(1, UINT64_MAX);
  race_two(abort_then_commit, release_two);
  drain();
}

/* What was looked at and not released is still the next item, and the producer leaves it alone. */
LF_SCENARIO(peek_again) {
  make_ring(1, UINT64_MAX);
  race_two(commit_two, peek_without_release);
  drain();
}

/* Spans end at the edge: two slots are asked for where one is left before it. */
LF_SCENARIO(span_to_the_edge) {
  make_ring(2, UINT64_MAX);
  race_two(commit_span, release_span);
  drain();
}
