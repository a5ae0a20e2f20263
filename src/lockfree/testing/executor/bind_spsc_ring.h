/* SPDX-License-Identifier: MIT */
/* bind_spsc_ring.h: the executor's steps as calls of spsc_ring.h. */
#ifndef LOCKFREE_EXECUTOR_BIND_H
#define LOCKFREE_EXECUTOR_BIND_H

#include <lockfree/spsc_ring.h>

typedef lf_spsc_ring queue;

static size_t queue_bytes(const struct run *run) { return lf_spsc_ring_size(run->capacity, run->item_words * 8); }

static queue *queue_make(void *mem, size_t bytes, const struct run *run) {
  queue *ring = lf_spsc_ring_init_at(mem, bytes, run->capacity, run->item_words * 8, run->start);
  if (ring != NULL) lf_spsc_ring_set_strict(ring, run->strict != 0);
  return ring;
}

/* Every word of an item is its number, so that a torn item shows. */
static uint64_t offer(struct lane *me, unsigned char *at, uint32_t words) {
  const uint64_t number = ++me->offered;
  for (uint32_t word = 0; word < words; word++) __builtin_memcpy(at + word * 8, &number, 8);
  return number;
}

static uint64_t number_of(const unsigned char *at, uint32_t words) {
  uint64_t number, other;
  __builtin_memcpy(&number, at, 8);
  for (uint32_t word = 1; word < words; word++) {
    __builtin_memcpy(&other, at + word * 8, 8);
    if (other != number) return TORN;
  }
  return number;
}

static void answer_some(struct record *record, size_t count, uint32_t none) {
  record->answer = count != 0 ? (uint32_t)LF_OK : none;
  record->count = (uint32_t)count;
}

static void queue_step(queue *ring, const struct step *step, struct lane *me, struct record *record) {
  const uint32_t words = me->run->item_words;
  const uint32_t n = step->n;
  unsigned char *const scratch = me->scratch;
  size_t got = 0;
  switch ((enum call)step->call) {
    case PUSH:
      record->items[0] = offer(me, scratch, words);
      record->answer = (uint32_t)lf_spsc_ring_push(ring, scratch);
      record->count = record->answer == LF_OK;
      break;
    case PUSH_N:
      for (uint32_t i = 0; i < n; i++) record->items[i] = offer(me, scratch + (size_t)i * words * 8, words);
      answer_some(record, lf_spsc_ring_push_n(ring, scratch, n), REFUSED);
      break;
    case RESERVE:
    case ABORT: {
      unsigned char *const slots = lf_spsc_ring_reserve_n(ring, n, &got);
      size_t keep = step->call == ABORT ? 0 : step->keep;
      if (keep > got) keep = got;
      for (uint32_t i = 0; i < got; i++) {
        gap(GAP_PLACE);
        const uint64_t number = offer(me, slots + (size_t)i * words * 8, words);
        if (i < keep) record->items[i] = number;
      }
      gap(GAP_PLACE);
      if (keep != 0) {
        lf_spsc_ring_commit_n(ring, keep);
      } else {
        lf_spsc_ring_abort(ring);
      }
      record->answer = slots != NULL ? (uint32_t)LF_OK : REFUSED;
      record->count = (uint32_t)keep;
      break;
    }
    case POP:
      record->answer = (uint32_t)lf_spsc_ring_pop(ring, scratch);
      record->count = record->answer == LF_OK;
      if (record->count) record->items[0] = number_of(scratch, words);
      break;
    case POP_N:
      answer_some(record, lf_spsc_ring_pop_n(ring, scratch, n), REFUSED);
      for (uint32_t i = 0; i < record->count; i++) record->items[i] = number_of(scratch + (size_t)i * words * 8, words);
      break;
    case PEEK_SPAN:
    case PEEK:
    case PEEK_KEEP: {
      const unsigned char *const slots = lf_spsc_ring_peek_n(ring, n, &got);
      size_t keep = step->call == PEEK_KEEP ? 0 : step->keep;
      if (keep > got) keep = got;
      for (uint32_t i = 0; i < keep; i++) {
        gap(GAP_PLACE);
        record->items[i] = number_of(slots + (size_t)i * words * 8, words);
      }
      gap(GAP_PLACE);
      if (keep != 0) lf_spsc_ring_release_n(ring, keep);
      record->answer = slots != NULL ? (uint32_t)LF_OK : REFUSED;
      record->count = (uint32_t)keep;
      break;
    }
    case CLOSE:
      lf_spsc_ring_close(ring);
      record->answer = LF_OK;
      break;
  }
}

static void queue_empty(queue *ring, struct lane *me, struct left *left) {
  left->count = lf_spsc_ring_count(ring);
  while (left->taken < LEFT_MOST && lf_spsc_ring_pop(ring, me->scratch) == LF_OK)
    left->items[left->taken++] = number_of(me->scratch, me->run->item_words);
}

#endif
