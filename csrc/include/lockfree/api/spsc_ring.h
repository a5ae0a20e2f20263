/* SPDX-License-Identifier: MIT */
/* The surface of spsc_ring.h. Plain declarations: this file is also read by cffi. */
#ifndef LOCKFREE_API_SPSC_RING_H
#define LOCKFREE_API_SPSC_RING_H

#include "base.h"

typedef struct lf_spsc_ring lf_spsc_ring;

/* Set up. The caller owns the memory, aligned to LF_LINE; the ring holds no pointers. */

/* Bytes needed, or 0 if capacity or item_size is 0 or the product does not fit 2^62. */
static inline size_t lf_spsc_ring_size(size_t capacity, size_t item_size);
/* NULL if mem is misaligned or shorter than lf_spsc_ring_size. */
static inline lf_spsc_ring *lf_spsc_ring_init(void *mem, size_t bytes, size_t capacity, size_t item_size);
/* The same with counters that start at `start`, so that a test meets the wrap. */
static inline lf_spsc_ring *lf_spsc_ring_init_at(void *mem, size_t bytes, size_t capacity, size_t item_size,
                                                 uint64_t start);
/* A ring made by another process or binding. NULL if the bytes are not a ring of this version that fits. */
static inline lf_spsc_ring *lf_spsc_ring_attach(void *mem, size_t bytes);
/* Before sharing: FULL and EMPTY become exact at the price of a fence on those two answers only. */
static inline void lf_spsc_ring_set_strict(lf_spsc_ring *ring, bool strict);

/* Producer only. */

static inline lf_status lf_spsc_ring_push(lf_spsc_ring *ring, const void *item); /* OK FULL CLOSED */
/* push with the item size as an argument: folds to a few moves where it is a constant. */
static inline lf_status lf_spsc_ring_push_sized(lf_spsc_ring *ring, const void *item, size_t item_size);
static inline size_t lf_spsc_ring_push_n(lf_spsc_ring *ring, const void *items, size_t n); /* how many went in */
static inline void *lf_spsc_ring_reserve(lf_spsc_ring *ring);                              /* NULL: full or closed */
/* The first of up to n adjacent slots, their number in *got; NULL and 0: full or closed. */
static inline void *lf_spsc_ring_reserve_n(lf_spsc_ring *ring, size_t n, size_t *got);
static inline void lf_spsc_ring_commit(lf_spsc_ring *ring);
static inline void lf_spsc_ring_commit_n(lf_spsc_ring *ring, size_t n); /* n <= got */
static inline void lf_spsc_ring_abort(lf_spsc_ring *ring);              /* forget the reservation */

/* Consumer only. */

static inline lf_status lf_spsc_ring_pop(lf_spsc_ring *ring, void *item); /* OK EMPTY CLOSED */
static inline lf_status lf_spsc_ring_pop_sized(lf_spsc_ring *ring, void *item, size_t item_size);
static inline size_t lf_spsc_ring_pop_n(lf_spsc_ring *ring, void *items, size_t n); /* how many came out */
static inline const void *lf_spsc_ring_peek(lf_spsc_ring *ring);                    /* NULL: empty */
static inline const void *lf_spsc_ring_peek_n(lf_spsc_ring *ring, size_t n, size_t *got);
static inline void lf_spsc_ring_release(lf_spsc_ring *ring);
static inline void lf_spsc_ring_release_n(lf_spsc_ring *ring, size_t n); /* n <= got */

/* Anybody. */

/* After it pushes answer CLOSED; pops go on until the ring is empty. Exact when the producer calls it, or
 * when no push is running; a push that runs at the same moment may still land. */
static inline void lf_spsc_ring_close(lf_spsc_ring *ring);
static inline bool lf_spsc_ring_is_closed(const lf_spsc_ring *ring);
static inline size_t lf_spsc_ring_capacity(const lf_spsc_ring *ring);
static inline size_t lf_spsc_ring_item_size(const lf_spsc_ring *ring);
/* Items inside: exact when nobody else is at work, else some number in 0..capacity. */
static inline size_t lf_spsc_ring_count(const lf_spsc_ring *ring);
static inline uint64_t lf_spsc_ring_pushed(const lf_spsc_ring *ring); /* items ever pushed, modulo 2^64 */
static inline uint64_t lf_spsc_ring_popped(const lf_spsc_ring *ring); /* items ever popped, modulo 2^64 */

#endif
