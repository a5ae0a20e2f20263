/* SPDX-License-Identifier: MIT */
/* spsc_ring.h: one producer, one consumer, fixed records.
 *
 * Use it when exactly one thread puts in and exactly one takes out, and items are small and of one size.
 * Not when a second producer or consumer may come; not for records of different lengths (spsc_bytes.h).
 *
 *        popped                    pushed
 *          v                         v
 *   +---+---+---+---+---+---+---+---+---+---+      slot of item i: i & mask
 *   |   | x | x | x | x | x | x | x |   |   |      popped <= pushed <= popped + capacity
 *   +---+---+---+---+---+---+---+---+---+---+      (counters only grow, and wrap at 2^64)
 *
 * Who may call what at once: one producer, one consumer, any number of lookers (count, stats, close).
 *
 * Invariants
 *   Only the producer writes pushed and popped_seen; only the consumer writes popped and pushed_seen.
 *   popped_seen <= popped and pushed_seen <= pushed: a cached counter errs towards full and empty.
 *   Slots [popped, pushed) belong to the consumer, all others to the producer.
 *
 * Ordering
 *   push:publish -> pop:observe       item written before item read
 *   pop:retire -> push:reclaim        item read before slot reused
 *   close:announce -> pop:ended       pushes before the close seen before the answer CLOSED
 *   push:decide <> pop:decide         strict only; forbids: each side misses the other's last step and
 *                                     one answers FULL while the other answers EMPTY
 *
 * Progress: every operation is wait-free. A stopped producer leaves the consumer with what was committed;
 * a stopped consumer leaves the producer with the free slots. Nobody waits for anybody.
 * Linearizable: weak-full, weak-empty; strict after lf_spsc_ring_set_strict.
 *
 * Cost: six lines of 128 bytes, then the smallest power of two >= capacity slots of item_size bytes. A push
 * touches its slot, pushed, and (only when the cached counter says full) popped.
 *
 * Source: Lamport, "Specifying concurrent program modules", TOPLAS 5(2), 1983; cached counters: Lee, Bu and
 * Chandranmenon, "A lock-free, cache-efficient shared ring buffer", ANCS 2009.
 */
#ifndef LOCKFREE_SPSC_RING_H
#define LOCKFREE_SPSC_RING_H

#include "api/spsc_ring.h"
#include "base.h"

#define LF_SPSC_RING_MAGIC 0x474E4952u /* "RING" */
#define LF_SPSC_RING_VERSION 1u

struct lf_spsc_ring {
  LF_ALIGNAS(LF_LINE) uint32_t magic;
  uint32_t version;
  uint64_t capacity;
  uint64_t mask;
  uint64_t item_size;
  uint32_t strict;
  LF_ALIGNAS(LF_LINE) LF_ATOMIC(uint64_t) pushed;
  LF_ALIGNAS(LF_LINE) uint64_t popped_seen;
  LF_ALIGNAS(LF_LINE) LF_ATOMIC(uint64_t) popped;
  LF_ALIGNAS(LF_LINE) uint64_t pushed_seen;
  LF_ALIGNAS(LF_LINE) LF_ATOMIC(uint32_t) closed;
};

LF_STATIC_ASSERT(sizeof(struct lf_spsc_ring) == (size_t)6 * LF_LINE, "the layout is shared between processes");

static inline unsigned char *lf_spsc_ring_slot_(lf_spsc_ring *ring, uint64_t index, size_t item_size) {
  return (unsigned char *)ring + sizeof(lf_spsc_ring) + (index & ring->mask) * item_size;
}

/* ---- set up ---- */

static inline size_t lf_spsc_ring_size(size_t capacity, size_t item_size) {
  const size_t most = (size_t)1 << 62;
  if (capacity == 0 || item_size == 0 || capacity > most) return 0;
  const uint64_t slots = lf_power_of_two_above(capacity);
  if (slots > (most - sizeof(lf_spsc_ring)) / item_size) return 0;
  return sizeof(lf_spsc_ring) + slots * item_size;
}

static inline lf_spsc_ring *lf_spsc_ring_init_at(void *mem, size_t bytes, size_t capacity, size_t item_size,
                                                 uint64_t start) {
  const size_t need = lf_spsc_ring_size(capacity, item_size);
  if (mem == NULL || need == 0 || bytes < need || (uintptr_t)mem % LF_LINE != 0) return NULL;
  lf_spsc_ring *ring = (lf_spsc_ring *)mem;
  ring->magic = LF_SPSC_RING_MAGIC;
  ring->version = LF_SPSC_RING_VERSION;
  ring->capacity = capacity;
  ring->mask = lf_power_of_two_above(capacity) - 1;
  ring->item_size = item_size;
  ring->strict = 0;
  ring->popped_seen = start;
  ring->pushed_seen = start;
  /* relaxed: nobody else has the ring yet; whoever hands it over orders this */
  atomic_store_explicit(&ring->pushed, start, memory_order_relaxed);
  /* relaxed: as above */
  atomic_store_explicit(&ring->popped, start, memory_order_relaxed);
  /* relaxed: as above */
  atomic_store_explicit(&ring->closed, 0u, memory_order_relaxed);
  return ring;
}

static inline lf_spsc_ring *lf_spsc_ring_init(void *mem, size_t bytes, size_t capacity, size_t item_size) {
  return lf_spsc_ring_init_at(mem, bytes, capacity, item_size, 0);
}

static inline lf_spsc_ring *lf_spsc_ring_attach(void *mem, size_t bytes) {
  if (mem == NULL || bytes < sizeof(lf_spsc_ring) || (uintptr_t)mem % LF_LINE != 0) return NULL;
  lf_spsc_ring *ring = (lf_spsc_ring *)mem;
  if (ring->magic != LF_SPSC_RING_MAGIC || ring->version != LF_SPSC_RING_VERSION) return NULL;
  const size_t need = lf_spsc_ring_size(ring->capacity, ring->item_size);
  if (need == 0 || bytes < need || ring->mask != lf_power_of_two_above(ring->capacity) - 1) return NULL;
  return ring;
}

static inline void lf_spsc_ring_set_strict(lf_spsc_ring *ring, bool strict) { ring->strict = strict ? 1u : 0u; }

/* ---- producer ---- */

/* Free slots, looking at the consumer's counter only when the cached one shows fewer than `want`. */
static inline uint64_t lf_spsc_ring_room_(lf_spsc_ring *ring, uint64_t pushed, uint64_t want) {
  uint64_t used = pushed - ring->popped_seen;
  if (LF_LIKELY(ring->capacity - used >= want)) return ring->capacity - used;
  /* [push:reclaim] pairs with [pop:retire] */
  uint64_t popped = atomic_load_explicit(&ring->popped, memory_order_acquire);
  if (ring->strict && ring->capacity - (pushed - popped) < want) {
    /* [push:decide] ordered with [pop:decide]; forbids: FULL while the other side answers EMPTY */
    atomic_thread_fence(memory_order_seq_cst);
    /* [push:reclaim] pairs with [pop:retire] */
    popped = atomic_load_explicit(&ring->popped, memory_order_acquire);
  }
  used = pushed - popped;
  if (LF_UNLIKELY(used > ring->capacity)) return 0; /* a peer wrote nonsense: claim no slot */
  ring->popped_seen = popped;
  return ring->capacity - used;
}

static inline bool lf_spsc_ring_is_closed(const lf_spsc_ring *ring) {
  /* relaxed: only stops further pushes; nothing is read on the strength of it */
  return atomic_load_explicit(&ring->closed, memory_order_relaxed) != 0;
}

static inline void *lf_spsc_ring_reserve_n(lf_spsc_ring *ring, size_t n, size_t *got) {
  *got = 0;
  if (n == 0 || lf_spsc_ring_is_closed(ring)) return NULL;
  /* relaxed: only the producer writes pushed */
  const uint64_t pushed = atomic_load_explicit(&ring->pushed, memory_order_relaxed);
  const uint64_t room = lf_spsc_ring_room_(ring, pushed, n);
  const uint64_t to_edge = ring->mask + 1 - (pushed & ring->mask);
  uint64_t span = room < to_edge ? room : to_edge;
  if (span > n) span = n;
  if (span == 0) return NULL;
  *got = (size_t)span;
  return lf_spsc_ring_slot_(ring, pushed, ring->item_size);
}

static inline void *lf_spsc_ring_reserve(lf_spsc_ring *ring) {
  size_t got;
  return lf_spsc_ring_reserve_n(ring, 1, &got);
}

static inline void lf_spsc_ring_commit_n(lf_spsc_ring *ring, size_t n) {
  /* relaxed: only the producer writes pushed */
  const uint64_t pushed = atomic_load_explicit(&ring->pushed, memory_order_relaxed);
  /* [push:publish] pairs with [pop:observe] */
  atomic_store_explicit(&ring->pushed, pushed + n, memory_order_release);
}

static inline void lf_spsc_ring_commit(lf_spsc_ring *ring) { lf_spsc_ring_commit_n(ring, 1); }

static inline void lf_spsc_ring_abort(lf_spsc_ring *ring) { (void)ring; }

static inline lf_status lf_spsc_ring_push_sized(lf_spsc_ring *ring, const void *item, size_t item_size) {
  if (LF_UNLIKELY(lf_spsc_ring_is_closed(ring))) return LF_CLOSED;
  /* relaxed: only the producer writes pushed */
  const uint64_t pushed = atomic_load_explicit(&ring->pushed, memory_order_relaxed);
  if (LF_UNLIKELY(lf_spsc_ring_room_(ring, pushed, 1) == 0)) return LF_FULL;
  lf_copy(lf_spsc_ring_slot_(ring, pushed, item_size), item, item_size);
  /* [push:publish] pairs with [pop:observe] */
  atomic_store_explicit(&ring->pushed, pushed + 1, memory_order_release);
  return LF_OK;
}

static inline lf_status lf_spsc_ring_push(lf_spsc_ring *ring, const void *item) {
  return lf_spsc_ring_push_sized(ring, item, ring->item_size);
}

static inline size_t lf_spsc_ring_push_n(lf_spsc_ring *ring, const void *items, size_t n) {
  if (n == 0 || lf_spsc_ring_is_closed(ring)) return 0;
  if (LF_UNLIKELY(n > ring->capacity)) n = (size_t)ring->capacity; /* all that counters are ever believed */
  /* relaxed: only the producer writes pushed */
  const uint64_t pushed = atomic_load_explicit(&ring->pushed, memory_order_relaxed);
  const uint64_t room = lf_spsc_ring_room_(ring, pushed, n);
  const size_t size = ring->item_size;
  const uint64_t all = room < n ? room : n;
  const uint64_t to_edge = ring->mask + 1 - (pushed & ring->mask);
  const uint64_t first = all < to_edge ? all : to_edge;
  if (all == 0) return 0;
  memcpy(lf_spsc_ring_slot_(ring, pushed, size), items, first * size);
  if (all > first)
    memcpy(lf_spsc_ring_slot_(ring, 0, size), (const unsigned char *)items + first * size, (all - first) * size);
  /* [push:publish] pairs with [pop:observe] */
  atomic_store_explicit(&ring->pushed, pushed + all, memory_order_release);
  return (size_t)all;
}

/* ---- consumer ---- */

/* Items ready, looking at the producer's counter only when the cached one shows fewer than `want`. */
static inline uint64_t lf_spsc_ring_ready_(lf_spsc_ring *ring, uint64_t popped, uint64_t want) {
  uint64_t ready = ring->pushed_seen - popped;
  if (LF_LIKELY(ready >= want)) return ready;
  /* [pop:observe] pairs with [push:publish] */
  uint64_t pushed = atomic_load_explicit(&ring->pushed, memory_order_acquire);
  if (ring->strict && pushed - popped < want) {
    /* [pop:decide] ordered with [push:decide]; forbids: EMPTY while the other side answers FULL */
    atomic_thread_fence(memory_order_seq_cst);
    /* [pop:observe] pairs with [push:publish] */
    pushed = atomic_load_explicit(&ring->pushed, memory_order_acquire);
  }
  ready = pushed - popped;
  if (LF_UNLIKELY(ready > ring->capacity)) return 0; /* a peer wrote nonsense: read no slot */
  ring->pushed_seen = pushed;
  return ready;
}

/* EMPTY, or CLOSED when nothing can follow; OK if a last item turned up after all. */
static inline lf_status lf_spsc_ring_empty_or_closed_(lf_spsc_ring *ring, uint64_t popped) {
  /* [pop:ended] pairs with [close:announce] */
  if (atomic_load_explicit(&ring->closed, memory_order_acquire) == 0) return LF_EMPTY;
  return lf_spsc_ring_ready_(ring, popped, 1) != 0 ? LF_OK : LF_CLOSED;
}

static inline const void *lf_spsc_ring_peek_n(lf_spsc_ring *ring, size_t n, size_t *got) {
  *got = 0;
  if (n == 0) return NULL;
  /* relaxed: only the consumer writes popped */
  const uint64_t popped = atomic_load_explicit(&ring->popped, memory_order_relaxed);
  const uint64_t ready = lf_spsc_ring_ready_(ring, popped, n);
  const uint64_t to_edge = ring->mask + 1 - (popped & ring->mask);
  uint64_t span = ready < to_edge ? ready : to_edge;
  if (span > n) span = n;
  if (span == 0) return NULL;
  *got = (size_t)span;
  return lf_spsc_ring_slot_(ring, popped, ring->item_size);
}

static inline const void *lf_spsc_ring_peek(lf_spsc_ring *ring) {
  size_t got;
  return lf_spsc_ring_peek_n(ring, 1, &got);
}

static inline void lf_spsc_ring_release_n(lf_spsc_ring *ring, size_t n) {
  /* relaxed: only the consumer writes popped */
  const uint64_t popped = atomic_load_explicit(&ring->popped, memory_order_relaxed);
  /* [pop:retire] pairs with [push:reclaim] */
  atomic_store_explicit(&ring->popped, popped + n, memory_order_release);
}

static inline void lf_spsc_ring_release(lf_spsc_ring *ring) { lf_spsc_ring_release_n(ring, 1); }

static inline lf_status lf_spsc_ring_pop_sized(lf_spsc_ring *ring, void *item, size_t item_size) {
  /* relaxed: only the consumer writes popped */
  const uint64_t popped = atomic_load_explicit(&ring->popped, memory_order_relaxed);
  if (LF_UNLIKELY(lf_spsc_ring_ready_(ring, popped, 1) == 0)) {
    const lf_status status = lf_spsc_ring_empty_or_closed_(ring, popped);
    if (status != LF_OK) return status;
  }
  lf_copy(item, lf_spsc_ring_slot_(ring, popped, item_size), item_size);
  /* [pop:retire] pairs with [push:reclaim] */
  atomic_store_explicit(&ring->popped, popped + 1, memory_order_release);
  return LF_OK;
}

static inline lf_status lf_spsc_ring_pop(lf_spsc_ring *ring, void *item) {
  return lf_spsc_ring_pop_sized(ring, item, ring->item_size);
}

/* Asks for the slots that a later batch of `bytes` will read, so that its line transfers overlap this one's copy.
 * Committed slots only: a line that the producer still fills would travel twice. A macro-like inline, because gcc
 * takes a function that only prefetches for one without effect and drops the call. */
LF_ALWAYS_INLINE void lf_spsc_ring_prefetch_(lf_spsc_ring *ring, uint64_t popped, uint64_t ready, size_t bytes) {
  const size_t whole = (size_t)(ring->mask + 1) * ring->item_size;
  const size_t most = bytes < 512 ? bytes : 512; /* beyond that the copy itself runs far enough ahead */
  if (ready * ring->item_size < LF_PREFETCH_AHEAD + bytes) return;
  size_t at = (size_t)(popped & ring->mask) * ring->item_size + LF_PREFETCH_AHEAD;
  if (at >= whole) at -= whole;
  const size_t end = whole - at < most ? whole : at + most;
  for (; at < end; at += 64) LF_PREFETCH((const unsigned char *)ring + sizeof(lf_spsc_ring) + at);
}

static inline size_t lf_spsc_ring_pop_n(lf_spsc_ring *ring, void *items, size_t n) {
  if (n == 0) return 0;
  if (LF_UNLIKELY(n > ring->capacity)) n = (size_t)ring->capacity; /* all that counters are ever believed */
  /* relaxed: only the consumer writes popped */
  const uint64_t popped = atomic_load_explicit(&ring->popped, memory_order_relaxed);
  const uint64_t ready = lf_spsc_ring_ready_(ring, popped, n);
  const size_t size = ring->item_size;
  const uint64_t all = ready < n ? ready : n;
  const uint64_t to_edge = ring->mask + 1 - (popped & ring->mask);
  const uint64_t first = all < to_edge ? all : to_edge;
  if (all == 0) return 0;
  lf_spsc_ring_prefetch_(ring, popped, ready, (size_t)all * size);
  memcpy(items, lf_spsc_ring_slot_(ring, popped, size), first * size);
  if (all > first)
    memcpy((unsigned char *)items + first * size, lf_spsc_ring_slot_(ring, 0, size), (all - first) * size);
  /* [pop:retire] pairs with [push:reclaim] */
  atomic_store_explicit(&ring->popped, popped + all, memory_order_release);
  return (size_t)all;
}

/* ---- anybody ---- */

static inline void lf_spsc_ring_close(lf_spsc_ring *ring) {
  /* [close:announce] pairs with [pop:ended] */
  atomic_store_explicit(&ring->closed, 1u, memory_order_release);
}

static inline size_t lf_spsc_ring_capacity(const lf_spsc_ring *ring) { return ring->capacity; }

static inline size_t lf_spsc_ring_item_size(const lf_spsc_ring *ring) { return ring->item_size; }

static inline uint64_t lf_spsc_ring_pushed(const lf_spsc_ring *ring) {
  /* relaxed: a statistic; nothing is read on the strength of it */
  return atomic_load_explicit(&ring->pushed, memory_order_relaxed);
}

static inline uint64_t lf_spsc_ring_popped(const lf_spsc_ring *ring) {
  /* relaxed: a statistic; nothing is read on the strength of it */
  return atomic_load_explicit(&ring->popped, memory_order_relaxed);
}

static inline size_t lf_spsc_ring_count(const lf_spsc_ring *ring) {
  const uint64_t popped = lf_spsc_ring_popped(ring);
  const uint64_t count = lf_spsc_ring_pushed(ring) - popped;
  return count <= ring->capacity ? (size_t)count : (count >> 63 ? 0 : (size_t)ring->capacity);
}

#endif
