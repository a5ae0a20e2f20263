/* SPDX-License-Identifier: MIT */
/* spsc_bytes.h: one producer, one consumer, records of different lengths.
 *
 * Use it for messages, log lines, serialised events between exactly two threads or processes. Not for records
 * of one size (spsc_ring.h is smaller and faster); not when a second producer or consumer may come.
 *
 *          popped                        pushed           edge
 *            v                             v                |
 *   +--------+-----------+-----+-----------+----------------+
 *   |  free  |h payload  |h pay|h payload  |      free      |   h: word (length, kind), tag; 8 bytes
 *   +--------+-----------+-----+-----------+----------------+
 *   A record never crosses the edge: where it would, padding (kind 255) fills the rest.
 *
 * Who may call what at once: one producer, one consumer, any number of lookers (used, stats, close).
 *
 * Invariants
 *   Positions count bytes, only grow, are multiples of 8, and wrap at 2^64; popped <= pushed <= popped + capacity.
 *   Only the producer writes pushed, popped_seen, reserved; only the consumer writes popped, pushed_seen.
 *   Everything in [popped, pushed) is whole records: what isn't committed is never visible.
 *
 * Ordering
 *   push:publish -> pop:observe       record written before record read
 *   pop:retire -> push:reclaim        record read before its bytes are reused
 *   close:announce -> pop:ended       pushes before the close seen before the answer CLOSED
 *   push:decide <> pop:decide         strict only; forbids: each side misses the other's last step and
 *                                     one answers FULL while the other answers EMPTY
 *
 * Progress: every operation is wait-free (padding is skipped in one step). A producer stopped between reserve
 * and commit leaves the consumer with what was committed before; a stopped consumer leaves the free bytes.
 * Linearizable: weak-full, weak-empty; strict after lf_spsc_bytes_set_strict. FULL can also mean that the room
 * lies on both sides of the edge.
 *
 * Cost: six lines of 128 bytes, then the buffer; 8 bytes a record, and padding to 8.
 *
 * Source: Lamport, "Specifying concurrent program modules", TOPLAS 5(2), 1983; variable records with a wrap
 * marker as in the bip buffer (Cooke, 2003).
 */
#ifndef LOCKFREE_SPSC_BYTES_H
#define LOCKFREE_SPSC_BYTES_H

#include "api/spsc_bytes.h"
#include "base.h"

#define LF_SPSC_BYTES_MAGIC 0x53545942u /* "BYTS" */
#define LF_SPSC_BYTES_VERSION 1u
#define LF_RECORD_MAX 0xFFFFFFu
#define LF_RECORD_PAD 255u

struct lf_spsc_bytes {
  LF_ALIGNAS(LF_LINE) uint32_t magic;
  uint32_t version;
  uint64_t capacity;
  uint64_t max_record;
  uint32_t strict;
  LF_ALIGNAS(LF_LINE) LF_ATOMIC(uint64_t) pushed;
  LF_ALIGNAS(LF_LINE) uint64_t popped_seen;
  uint64_t reserved; /* where the reserved record starts */
  LF_ALIGNAS(LF_LINE) LF_ATOMIC(uint64_t) popped;
  LF_ALIGNAS(LF_LINE) uint64_t pushed_seen;
  LF_ALIGNAS(LF_LINE) LF_ATOMIC(uint32_t) closed;
};

LF_STATIC_ASSERT(sizeof(struct lf_spsc_bytes) == (size_t)6 * LF_LINE, "the layout is shared between processes");
LF_STATIC_ASSERT(sizeof(lf_record) == 8, "the layout is shared between processes");

static inline uint32_t lf_record_len(uint32_t word) { return word & LF_RECORD_MAX; }

static inline uint32_t lf_record_kind(uint32_t word) { return word >> 24; }

static inline size_t lf_record_bytes(uint32_t word) {
  return sizeof(lf_record) + (((size_t)lf_record_len(word) + 7) & ~(size_t)7);
}

/* Where a position is, from 0. The mask also drops what is no multiple of 8, and a record's header then ends in
 * the buffer whatever stands in a counter. */
static inline uint64_t lf_spsc_bytes_offset_(const lf_spsc_bytes *queue, uint64_t position) {
  return position & (queue->capacity - 8);
}

static inline lf_record *lf_spsc_bytes_at_(const lf_spsc_bytes *queue, uint64_t position) {
  return (lf_record *)((uintptr_t)queue + sizeof(lf_spsc_bytes) + (size_t)lf_spsc_bytes_offset_(queue, position));
}

/* Bytes from a position to the buffer's edge. */
static inline uint64_t lf_spsc_bytes_to_edge_(const lf_spsc_bytes *queue, uint64_t position) {
  return queue->capacity - lf_spsc_bytes_offset_(queue, position);
}

/* ---- set up ---- */

static inline size_t lf_spsc_bytes_size(size_t nbytes) {
  if (nbytes > (size_t)1 << 46) return 0;
  return sizeof(lf_spsc_bytes) + (size_t)lf_power_of_two_above(nbytes < 64 ? 64 : nbytes);
}

static inline lf_spsc_bytes *lf_spsc_bytes_init_at(void *mem, size_t bytes, size_t nbytes, uint64_t start) {
  const size_t need = lf_spsc_bytes_size(nbytes);
  if (mem == NULL || need == 0 || bytes < need || (uintptr_t)mem % LF_LINE != 0) return NULL;
  lf_spsc_bytes *queue = (lf_spsc_bytes *)mem;
  start &= ~(uint64_t)7;
  queue->magic = LF_SPSC_BYTES_MAGIC;
  queue->version = LF_SPSC_BYTES_VERSION;
  queue->capacity = need - sizeof(lf_spsc_bytes);
  /* Half: a record and the padding before it must fit an empty buffer at any position. */
  queue->max_record = queue->capacity / 2 - sizeof(lf_record);
  if (queue->max_record > LF_RECORD_MAX) queue->max_record = LF_RECORD_MAX;
  queue->strict = 0;
  queue->popped_seen = start;
  queue->pushed_seen = start;
  queue->reserved = start;
  /* relaxed: nobody else has the queue yet; whoever hands it over orders this */
  atomic_store_explicit(&queue->pushed, start, memory_order_relaxed);
  /* relaxed: as above */
  atomic_store_explicit(&queue->popped, start, memory_order_relaxed);
  /* relaxed: as above */
  atomic_store_explicit(&queue->closed, 0u, memory_order_relaxed);
  return queue;
}

static inline lf_spsc_bytes *lf_spsc_bytes_init(void *mem, size_t bytes, size_t nbytes) {
  return lf_spsc_bytes_init_at(mem, bytes, nbytes, 0);
}

static inline lf_spsc_bytes *lf_spsc_bytes_attach(void *mem, size_t bytes) {
  if (mem == NULL || bytes < sizeof(lf_spsc_bytes) || (uintptr_t)mem % LF_LINE != 0) return NULL;
  lf_spsc_bytes *queue = (lf_spsc_bytes *)mem;
  if (queue->magic != LF_SPSC_BYTES_MAGIC || queue->version != LF_SPSC_BYTES_VERSION) return NULL;
  const size_t need = lf_spsc_bytes_size(queue->capacity);
  if (need == 0 || bytes < need || queue->capacity != need - sizeof(lf_spsc_bytes)) return NULL;
  if (queue->max_record > LF_RECORD_MAX || queue->max_record > queue->capacity / 2 - sizeof(lf_record)) return NULL;
  return queue;
}

static inline void lf_spsc_bytes_set_strict(lf_spsc_bytes *queue, bool strict) { queue->strict = strict ? 1u : 0u; }

/* ---- producer ---- */

/* Free bytes, looking at the consumer's position only when the cached one shows fewer than `want`. */
static inline uint64_t lf_spsc_bytes_room_(lf_spsc_bytes *queue, uint64_t pushed, uint64_t want) {
  uint64_t used = pushed - queue->popped_seen;
  if (LF_LIKELY(queue->capacity - used >= want)) return queue->capacity - used;
  /* [push:reclaim] pairs with [pop:retire] */
  uint64_t popped = atomic_load_explicit(&queue->popped, memory_order_acquire);
  if (queue->strict && queue->capacity - (pushed - popped) < want) {
    /* [push:decide] ordered with [pop:decide]; forbids: FULL while the other side answers EMPTY */
    atomic_thread_fence(memory_order_seq_cst);
    /* [push:reclaim] pairs with [pop:retire] */
    popped = atomic_load_explicit(&queue->popped, memory_order_acquire);
  }
  used = pushed - popped;
  if (LF_UNLIKELY(used > queue->capacity)) return 0; /* a peer wrote nonsense: claim no byte */
  queue->popped_seen = popped;
  return queue->capacity - used;
}

/* Where a record of `need` bytes goes when `position` is next: writes padding if it would cross the edge.
 * False: no room. Nothing is visible before `pushed` moves. */
static inline bool lf_spsc_bytes_place_(lf_spsc_bytes *queue, uint64_t pushed, uint64_t *position, uint64_t need) {
  const uint64_t to_edge = lf_spsc_bytes_to_edge_(queue, *position);
  const uint64_t padding = need > to_edge ? to_edge : 0;
  const uint64_t want = (*position - pushed) + padding + need;
  if (LF_UNLIKELY(lf_spsc_bytes_room_(queue, pushed, want) < want)) return false;
  if (LF_UNLIKELY(padding != 0)) {
    /* A stretch of padding may be longer than a length field: the reader takes it to the edge whatever it says. */
    lf_record *pad = lf_spsc_bytes_at_(queue, *position);
    pad->word = LF_RECORD_PAD << 24;
    pad->tag = 0;
  }
  *position += padding;
  return true;
}

static inline bool lf_spsc_bytes_is_closed(const lf_spsc_bytes *queue) {
  /* relaxed: only stops further pushes; nothing is read on the strength of it */
  return atomic_load_explicit(&queue->closed, memory_order_relaxed) != 0;
}

static inline lf_status lf_spsc_bytes_reserve(lf_spsc_bytes *queue, size_t len, void **payload) {
  *payload = NULL;
  if (LF_UNLIKELY(len > queue->max_record)) return LF_TOO_BIG;
  if (LF_UNLIKELY(lf_spsc_bytes_is_closed(queue))) return LF_CLOSED;
  /* relaxed: only the producer writes pushed */
  const uint64_t pushed = atomic_load_explicit(&queue->pushed, memory_order_relaxed);
  uint64_t position = pushed;
  if (LF_UNLIKELY(!lf_spsc_bytes_place_(queue, pushed, &position, lf_record_bytes((uint32_t)len)))) return LF_FULL;
  queue->reserved = position;
  *payload = lf_spsc_bytes_at_(queue, position) + 1;
  return LF_OK;
}

static inline void lf_spsc_bytes_commit_as(lf_spsc_bytes *queue, size_t len, uint32_t kind, uint32_t tag) {
  const uint32_t word = (uint32_t)len | kind << 24;
  lf_record *record = lf_spsc_bytes_at_(queue, queue->reserved);
  record->word = word;
  record->tag = tag;
  /* [push:publish] pairs with [pop:observe] */
  atomic_store_explicit(&queue->pushed, queue->reserved + lf_record_bytes(word), memory_order_release);
}

static inline void lf_spsc_bytes_commit(lf_spsc_bytes *queue, size_t len) { lf_spsc_bytes_commit_as(queue, len, 0, 0); }

static inline void lf_spsc_bytes_abort(lf_spsc_bytes *queue) { (void)queue; }

static inline lf_status lf_spsc_bytes_push(lf_spsc_bytes *queue, const void *payload, size_t len) {
  void *room;
  const lf_status status = lf_spsc_bytes_reserve(queue, len, &room);
  if (LF_UNLIKELY(status != LF_OK)) return status;
  if (len != 0) lf_copy(room, payload, len);
  lf_spsc_bytes_commit(queue, len);
  return LF_OK;
}

/* For whoever has placed and written the records before this position itself. */
static inline void lf_spsc_bytes_publish_(lf_spsc_bytes *queue, uint64_t pushed) {
  /* [push:publish] pairs with [pop:observe] */
  atomic_store_explicit(&queue->pushed, pushed, memory_order_release);
}

static inline size_t lf_spsc_bytes_push_n(lf_spsc_bytes *queue, const void *payloads, const uint32_t *lens, size_t n) {
  if (lf_spsc_bytes_is_closed(queue)) return 0;
  /* relaxed: only the producer writes pushed */
  const uint64_t pushed = atomic_load_explicit(&queue->pushed, memory_order_relaxed);
  const unsigned char *from = (const unsigned char *)payloads;
  uint64_t position = pushed;
  size_t done = 0;
  for (; done < n && lens[done] <= queue->max_record; done++) {
    const uint32_t len = lens[done];
    uint64_t at = position;
    if (!lf_spsc_bytes_place_(queue, pushed, &at, lf_record_bytes(len))) break;
    lf_record *record = lf_spsc_bytes_at_(queue, at);
    record->word = len;
    record->tag = 0;
    if (len != 0) lf_copy(record + 1, from, len);
    from += len;
    position = at + lf_record_bytes(len);
  }
  if (done != 0) lf_spsc_bytes_publish_(queue, position);
  return done;
}

/* ---- consumer ---- */

/* Bytes ready, looking at the producer's position only when the cached one shows none. */
static inline uint64_t lf_spsc_bytes_ready_(lf_spsc_bytes *queue, uint64_t popped) {
  uint64_t ready = queue->pushed_seen - popped;
  if (LF_LIKELY(ready != 0)) return ready;
  /* [pop:observe] pairs with [push:publish] */
  uint64_t pushed = atomic_load_explicit(&queue->pushed, memory_order_acquire);
  if (queue->strict && pushed == popped) {
    /* [pop:decide] ordered with [push:decide]; forbids: EMPTY while the other side answers FULL */
    atomic_thread_fence(memory_order_seq_cst);
    /* [pop:observe] pairs with [push:publish] */
    pushed = atomic_load_explicit(&queue->pushed, memory_order_acquire);
  }
  ready = pushed - popped;
  if (LF_UNLIKELY(ready > queue->capacity || ready % 8 != 0)) return 0; /* a peer wrote nonsense: read nothing */
  queue->pushed_seen = pushed;
  return ready;
}

static inline void lf_spsc_bytes_retire_(lf_spsc_bytes *queue, uint64_t popped) {
  /* [pop:retire] pairs with [push:reclaim] */
  atomic_store_explicit(&queue->popped, popped, memory_order_release);
}

/* The next record at or after *popped (which steps over padding, without telling the producer yet). */
static inline lf_status lf_spsc_bytes_next_(lf_spsc_bytes *queue, uint64_t *popped, lf_record *header) {
  uint64_t ready = lf_spsc_bytes_ready_(queue, *popped);
  if (LF_UNLIKELY(ready == 0)) {
    /* [pop:ended] pairs with [close:announce] */
    if (atomic_load_explicit(&queue->closed, memory_order_acquire) == 0) return LF_EMPTY;
    ready = lf_spsc_bytes_ready_(queue, *popped);
    if (ready == 0) return LF_CLOSED;
  }
  *header = *lf_spsc_bytes_at_(queue, *popped);
  if (LF_UNLIKELY(lf_record_kind(header->word) == LF_RECORD_PAD)) {
    const uint64_t padding = lf_spsc_bytes_to_edge_(queue, *popped);
    if (padding >= ready) return LF_CORRUPT; /* padding is published together with the record behind it */
    *popped += padding;
    ready -= padding;
    *header = *lf_spsc_bytes_at_(queue, *popped);
  }
  if (LF_UNLIKELY(lf_record_bytes(header->word) > ready ||
                  lf_record_bytes(header->word) > lf_spsc_bytes_to_edge_(queue, *popped))) {
    return LF_CORRUPT;
  }
  return LF_OK;
}

static inline lf_status lf_spsc_bytes_pop(lf_spsc_bytes *queue, void *payload, size_t room, size_t *len) {
  *len = 0;
  /* relaxed: only the consumer writes popped */
  uint64_t popped = atomic_load_explicit(&queue->popped, memory_order_relaxed);
  lf_record header;
  const lf_status status = lf_spsc_bytes_next_(queue, &popped, &header);
  if (LF_UNLIKELY(status != LF_OK)) return status;
  *len = lf_record_len(header.word);
  if (*len > room) return LF_TOO_BIG;
  if (*len != 0) lf_copy(payload, lf_spsc_bytes_at_(queue, popped) + 1, *len);
  lf_spsc_bytes_retire_(queue, popped + lf_record_bytes(header.word));
  return LF_OK;
}

static inline size_t lf_spsc_bytes_pop_n(lf_spsc_bytes *queue, void *payloads, size_t room, uint32_t *lens, size_t n) {
  /* relaxed: only the consumer writes popped */
  uint64_t popped = atomic_load_explicit(&queue->popped, memory_order_relaxed);
  unsigned char *to = (unsigned char *)payloads;
  size_t done = 0;
  for (; done < n; done++) {
    uint64_t at = popped;
    lf_record header;
    if (lf_spsc_bytes_next_(queue, &at, &header) != LF_OK) break;
    const uint32_t len = lf_record_len(header.word);
    if (len > room) break;
    if (len != 0) lf_copy(to, lf_spsc_bytes_at_(queue, at) + 1, len);
    to += len;
    room -= len;
    lens[done] = len;
    popped = at + lf_record_bytes(header.word);
  }
  if (done != 0) lf_spsc_bytes_retire_(queue, popped);
  return done;
}

static inline lf_status lf_spsc_bytes_peek(lf_spsc_bytes *queue, const lf_record **record) {
  *record = NULL;
  /* relaxed: only the consumer writes popped */
  uint64_t popped = atomic_load_explicit(&queue->popped, memory_order_relaxed);
  lf_record header;
  const lf_status status = lf_spsc_bytes_next_(queue, &popped, &header);
  if (status == LF_OK) *record = lf_spsc_bytes_at_(queue, popped);
  return status;
}

static inline void lf_spsc_bytes_release(lf_spsc_bytes *queue) {
  /* relaxed: only the consumer writes popped */
  uint64_t popped = atomic_load_explicit(&queue->popped, memory_order_relaxed);
  lf_record header;
  if (lf_spsc_bytes_next_(queue, &popped, &header) == LF_OK) {
    lf_spsc_bytes_retire_(queue, popped + lf_record_bytes(header.word));
  }
}

static inline const void *lf_spsc_bytes_peek_span(lf_spsc_bytes *queue, size_t *nbytes) {
  /* relaxed: only the consumer writes popped */
  const uint64_t popped = atomic_load_explicit(&queue->popped, memory_order_relaxed);
  const uint64_t ready = lf_spsc_bytes_ready_(queue, popped);
  const uint64_t to_edge = lf_spsc_bytes_to_edge_(queue, popped);
  *nbytes = (size_t)(ready < to_edge ? ready : to_edge);
  return *nbytes != 0 ? (const void *)lf_spsc_bytes_at_(queue, popped) : NULL;
}

static inline void lf_spsc_bytes_release_span(lf_spsc_bytes *queue, size_t nbytes) {
  /* relaxed: only the consumer writes popped */
  const uint64_t popped = atomic_load_explicit(&queue->popped, memory_order_relaxed);
  lf_spsc_bytes_retire_(queue, popped + nbytes);
}

/* ---- anybody ---- */

static inline void lf_spsc_bytes_close(lf_spsc_bytes *queue) {
  /* [close:announce] pairs with [pop:ended] */
  atomic_store_explicit(&queue->closed, 1u, memory_order_release);
}

static inline size_t lf_spsc_bytes_capacity(const lf_spsc_bytes *queue) { return queue->capacity; }

static inline size_t lf_spsc_bytes_max_record(const lf_spsc_bytes *queue) { return queue->max_record; }

static inline uint64_t lf_spsc_bytes_pushed(const lf_spsc_bytes *queue) {
  /* relaxed: a statistic; nothing is read on the strength of it */
  return atomic_load_explicit(&queue->pushed, memory_order_relaxed);
}

static inline uint64_t lf_spsc_bytes_popped(const lf_spsc_bytes *queue) {
  /* relaxed: a statistic; nothing is read on the strength of it */
  return atomic_load_explicit(&queue->popped, memory_order_relaxed);
}

static inline size_t lf_spsc_bytes_used(const lf_spsc_bytes *queue) {
  const uint64_t popped = lf_spsc_bytes_popped(queue);
  const uint64_t used = lf_spsc_bytes_pushed(queue) - popped;
  return used <= queue->capacity ? (size_t)used : (used >> 63 ? 0 : (size_t)queue->capacity);
}

#endif
