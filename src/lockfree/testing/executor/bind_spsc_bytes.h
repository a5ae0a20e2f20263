/* SPDX-License-Identifier: MIT */
/* bind_spsc_bytes.h: the executor's steps as calls of spsc_bytes.h.
 *
 * A record's payload is its number, modulo 255 and plus one, in every byte. It is written down as
 * number | length << 32, so that a record of a wrong length shows, and one of no bytes is 0.
 */
#ifndef LOCKFREE_EXECUTOR_BIND_H
#define LOCKFREE_EXECUTOR_BIND_H

#include <lockfree/spsc_bytes.h>

typedef lf_spsc_bytes queue;

static size_t queue_bytes(const struct run *run) { return lf_spsc_bytes_size(run->capacity); }

static queue *queue_make(void *mem, size_t bytes, const struct run *run) {
  queue *made = lf_spsc_bytes_init_at(mem, bytes, run->capacity, run->start);
  if (made != NULL) lf_spsc_bytes_set_strict(made, run->strict != 0);
  return made;
}

static uint64_t offer(struct lane *me, unsigned char *at, size_t length) {
  const unsigned char number = (unsigned char)(me->offered++ % 255 + 1);
  memset(at, number, length);
  return (length != 0 ? number : 0) | (uint64_t)length << 32;
}

static uint64_t number_of(const unsigned char *at, size_t length) {
  for (size_t i = 1; i < length; i++)
    if (at[i] != at[0]) return TORN;
  return (length != 0 ? at[0] : 0) | (uint64_t)length << 32;
}

/* A span holds whole records, and perhaps padding up to the edge. */
static uint32_t numbers_of_span(const unsigned char *span, size_t bytes, uint64_t *items) {
  uint32_t count = 0;
  for (size_t at = 0; at + sizeof(lf_record) <= bytes && count < ITEMS_MOST;) {
    lf_record header;
    __builtin_memcpy(&header, span + at, sizeof header);
    if (lf_record_kind(header.word) == LF_RECORD_PAD) break;
    const size_t length = lf_record_len(header.word);
    items[count++] = length <= bytes - at - sizeof header ? number_of(span + at + sizeof header, length) : TORN;
    gap(GAP_PLACE);
    at += lf_record_bytes(header.word);
  }
  return count;
}

static void queue_step(queue *bytes, const struct step *step, struct lane *me, struct record *record) {
  unsigned char *const scratch = me->scratch;
  uint32_t lengths[ITEMS_MOST];
  size_t length = 0;
  switch ((enum call)step->call) {
    case PUSH:
      record->items[0] = offer(me, scratch, step->size);
      record->answer = (uint32_t)lf_spsc_bytes_push(bytes, scratch, step->size);
      record->count = record->answer == LF_OK;
      break;
    case PUSH_N:
      for (uint32_t i = 0; i < step->n; i++) {
        lengths[i] = step->size;
        record->items[i] = offer(me, scratch + (size_t)i * step->size, step->size);
      }
      record->count = (uint32_t)lf_spsc_bytes_push_n(bytes, scratch, lengths, step->n);
      record->answer = record->count != 0 ? (uint32_t)LF_OK : REFUSED;
      break;
    case RESERVE:
    case ABORT: {
      void *room;
      record->answer = (uint32_t)lf_spsc_bytes_reserve(bytes, step->size, &room);
      if (record->answer != LF_OK) break;
      gap(GAP_PLACE);
      record->items[0] = offer(me, room, step->size / step->keep);
      gap(GAP_PLACE);
      if (step->call == ABORT) {
        lf_spsc_bytes_abort(bytes);
      } else {
        lf_spsc_bytes_commit(bytes, step->size / step->keep);
        record->count = 1;
      }
      break;
    }
    case POP:
      record->answer = (uint32_t)lf_spsc_bytes_pop(bytes, scratch, SCRATCH_BYTES, &length);
      record->count = record->answer == LF_OK;
      if (record->count) record->items[0] = number_of(scratch, length);
      break;
    case POP_N: {
      record->count = (uint32_t)lf_spsc_bytes_pop_n(bytes, scratch, SCRATCH_BYTES, lengths, step->n);
      record->answer = record->count != 0 ? (uint32_t)LF_OK : REFUSED;
      for (uint32_t i = 0; i < record->count; length += lengths[i++])
        record->items[i] = number_of(scratch + length, lengths[i]);
      break;
    }
    case PEEK:
    case PEEK_KEEP: {
      const lf_record *shown;
      record->answer = (uint32_t)lf_spsc_bytes_peek(bytes, &shown);
      if (record->answer != LF_OK || step->call == PEEK_KEEP) break;
      gap(GAP_PLACE);
      record->items[0] = number_of((const unsigned char *)(shown + 1), lf_record_len(shown->word));
      record->count = 1;
      gap(GAP_PLACE);
      lf_spsc_bytes_release(bytes);
      break;
    }
    case PEEK_SPAN: {
      const void *const span = lf_spsc_bytes_peek_span(bytes, &length);
      record->answer = span != NULL ? (uint32_t)LF_OK : REFUSED;
      if (span == NULL) break;
      gap(GAP_PLACE);
      record->count = numbers_of_span(span, length, record->items);
      gap(GAP_PLACE);
      lf_spsc_bytes_release_span(bytes, length);
      break;
    }
    case CLOSE:
      lf_spsc_bytes_close(bytes);
      record->answer = LF_OK;
      break;
  }
}

static void queue_empty(queue *bytes, struct lane *me, struct left *left) {
  size_t length;
  left->count = lf_spsc_bytes_used(bytes);
  while (left->taken < LEFT_MOST && lf_spsc_bytes_pop(bytes, me->scratch, SCRATCH_BYTES, &length) == LF_OK)
    left->items[left->taken++] = number_of(me->scratch, length);
}

#endif
