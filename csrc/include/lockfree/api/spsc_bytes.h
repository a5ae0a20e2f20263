/* SPDX-License-Identifier: MIT */
/* The surface of spsc_bytes.h. Plain declarations: this file is also read by cffi. */
#ifndef LOCKFREE_API_SPSC_BYTES_H
#define LOCKFREE_API_SPSC_BYTES_H

#include "base.h"

typedef struct lf_spsc_bytes lf_spsc_bytes;

/* What stands before each payload. The queue uses kind 255 (padding up to the edge); 0..254 and tag are the
 * caller's. Records start at multiples of 8 bytes. */
typedef struct lf_record {
  uint32_t word; /* payload bytes in bits 0..23, kind in bits 24..31 */
  uint32_t tag;
} lf_record;

/* Set up. The caller owns the memory, aligned to LF_LINE; the queue holds no pointers. */

/* Bytes of memory for a buffer of at least nbytes (rounded up to a power of two, 64 at least); 0: too large. */
static inline size_t lf_spsc_bytes_size(size_t nbytes);
/* NULL if mem is misaligned or shorter than lf_spsc_bytes_size. */
static inline lf_spsc_bytes *lf_spsc_bytes_init(void *mem, size_t bytes, size_t nbytes);
/* The same with positions that start at `start` (rounded down to a multiple of 8), for tests of the wrap. */
static inline lf_spsc_bytes *lf_spsc_bytes_init_at(void *mem, size_t bytes, size_t nbytes, uint64_t start);
/* A queue made by another process or binding. NULL if the bytes are not one of this version that fits. */
static inline lf_spsc_bytes *lf_spsc_bytes_attach(void *mem, size_t bytes);
static inline void lf_spsc_bytes_set_strict(lf_spsc_bytes *queue, bool strict); /* as in spsc_ring.h */

/* Producer only. */

static inline lf_status lf_spsc_bytes_push(lf_spsc_bytes *queue, const void *payload,
                                           size_t len); /* OK FULL CLOSED TOO_BIG */
/* Records whose payloads stand one after another in `payloads`; how many went in. They appear together. */
static inline size_t lf_spsc_bytes_push_n(lf_spsc_bytes *queue, const void *payloads, const uint32_t *lens, size_t n);
/* Room for one record of up to len bytes, in *payload: OK FULL CLOSED TOO_BIG. */
static inline lf_status lf_spsc_bytes_reserve(lf_spsc_bytes *queue, size_t len, void **payload);
/* Publishes the reserved record with its final length (<= the reserved one), kind (<= 254) and tag. */
static inline void lf_spsc_bytes_commit(lf_spsc_bytes *queue, size_t len);
static inline void lf_spsc_bytes_commit_as(lf_spsc_bytes *queue, size_t len, uint32_t kind, uint32_t tag);
static inline void lf_spsc_bytes_abort(lf_spsc_bytes *queue); /* forget the reservation */

/* Consumer only. */

/* OK EMPTY CLOSED TOO_BIG CORRUPT; *len is the payload's length for OK and TOO_BIG (which takes nothing). */
static inline lf_status lf_spsc_bytes_pop(lf_spsc_bytes *queue, void *payload, size_t room, size_t *len);
/* Up to n records, payloads one after another; stops at the first that does not fit. How many came out. */
static inline size_t lf_spsc_bytes_pop_n(lf_spsc_bytes *queue, void *payloads, size_t room, uint32_t *lens, size_t n);
/* The next record in place (header, then payload): OK EMPTY CLOSED CORRUPT. */
static inline lf_status lf_spsc_bytes_peek(lf_spsc_bytes *queue, const lf_record **record);
static inline void lf_spsc_bytes_release(lf_spsc_bytes *queue); /* done with the record that peek showed */
/* All that is ready up to the buffer's edge, as raw bytes (records, perhaps padding); NULL: nothing. */
static inline const void *lf_spsc_bytes_peek_span(lf_spsc_bytes *queue, size_t *nbytes);
static inline void lf_spsc_bytes_release_span(lf_spsc_bytes *queue, size_t nbytes);

/* Anybody. */

static inline uint32_t lf_record_len(uint32_t word);
static inline uint32_t lf_record_kind(uint32_t word);
static inline size_t lf_record_bytes(uint32_t word);          /* header, payload, padding to 8 */
static inline void lf_spsc_bytes_close(lf_spsc_bytes *queue); /* as in spsc_ring.h */
static inline bool lf_spsc_bytes_is_closed(const lf_spsc_bytes *queue);
static inline size_t lf_spsc_bytes_capacity(const lf_spsc_bytes *queue); /* bytes, headers included */
static inline size_t lf_spsc_bytes_max_record(
    const lf_spsc_bytes *queue); /* the longest payload that always fits when empty */
static inline size_t lf_spsc_bytes_used(const lf_spsc_bytes *queue);     /* bytes, headers and padding included */
static inline uint64_t lf_spsc_bytes_pushed(const lf_spsc_bytes *queue); /* bytes ever published, modulo 2^64 */
static inline uint64_t lf_spsc_bytes_popped(const lf_spsc_bytes *queue); /* bytes ever released, modulo 2^64 */

#endif
