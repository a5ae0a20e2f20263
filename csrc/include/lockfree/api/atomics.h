/* SPDX-License-Identifier: MIT */
/* The surface of atomics.h. Plain declarations: this file is also read by cffi.
 *
 * lf_atomic_<operation>_<order>_<type>: every operation of C11 that has a use on its own, on a plain uint32_t or
 * uint64_t that lies at a multiple of its size, with each order that the operation can have. */
#ifndef LOCKFREE_API_ATOMICS_H
#define LOCKFREE_API_ATOMICS_H

#include "base.h"

/* ---- uint32_t ---- */

/* The value. */
static inline uint32_t lf_atomic_load_relaxed_u32(const uint32_t *at);
static inline uint32_t lf_atomic_load_acquire_u32(const uint32_t *at);
static inline uint32_t lf_atomic_load_seq_cst_u32(const uint32_t *at);
/* Puts `value` there. */
static inline void lf_atomic_store_relaxed_u32(uint32_t *at, uint32_t value);
static inline void lf_atomic_store_release_u32(uint32_t *at, uint32_t value);
static inline void lf_atomic_store_seq_cst_u32(uint32_t *at, uint32_t value);
/* Puts `value` there in one step with reading what was there: that is returned. */
static inline uint32_t lf_atomic_exchange_relaxed_u32(uint32_t *at, uint32_t value);
static inline uint32_t lf_atomic_exchange_acquire_u32(uint32_t *at, uint32_t value);
static inline uint32_t lf_atomic_exchange_release_u32(uint32_t *at, uint32_t value);
static inline uint32_t lf_atomic_exchange_acq_rel_u32(uint32_t *at, uint32_t value);
static inline uint32_t lf_atomic_exchange_seq_cst_u32(uint32_t *at, uint32_t value);
/* Adds, modulo 2^bits, in one step with reading; returns what was there. Add 0 - n to subtract. */
static inline uint32_t lf_atomic_fetch_add_relaxed_u32(uint32_t *at, uint32_t value);
static inline uint32_t lf_atomic_fetch_add_acquire_u32(uint32_t *at, uint32_t value);
static inline uint32_t lf_atomic_fetch_add_release_u32(uint32_t *at, uint32_t value);
static inline uint32_t lf_atomic_fetch_add_acq_rel_u32(uint32_t *at, uint32_t value);
static inline uint32_t lf_atomic_fetch_add_seq_cst_u32(uint32_t *at, uint32_t value);
/* If *at is *expected, puts `wanted` there and returns true; else writes what is there to *expected and returns false.
 * Strong: never fails for another reason. A failure has the order that is left of the name's without its release. */
static inline bool lf_atomic_cas_relaxed_u32(uint32_t *at, uint32_t *expected, uint32_t wanted);
static inline bool lf_atomic_cas_acquire_u32(uint32_t *at, uint32_t *expected, uint32_t wanted);
static inline bool lf_atomic_cas_release_u32(uint32_t *at, uint32_t *expected, uint32_t wanted);
static inline bool lf_atomic_cas_acq_rel_u32(uint32_t *at, uint32_t *expected, uint32_t wanted);
static inline bool lf_atomic_cas_seq_cst_u32(uint32_t *at, uint32_t *expected, uint32_t wanted);

/* ---- uint64_t ---- */

/* The value. */
static inline uint64_t lf_atomic_load_relaxed_u64(const uint64_t *at);
static inline uint64_t lf_atomic_load_acquire_u64(const uint64_t *at);
static inline uint64_t lf_atomic_load_seq_cst_u64(const uint64_t *at);
/* Puts `value` there. */
static inline void lf_atomic_store_relaxed_u64(uint64_t *at, uint64_t value);
static inline void lf_atomic_store_release_u64(uint64_t *at, uint64_t value);
static inline void lf_atomic_store_seq_cst_u64(uint64_t *at, uint64_t value);
/* Puts `value` there in one step with reading what was there: that is returned. */
static inline uint64_t lf_atomic_exchange_relaxed_u64(uint64_t *at, uint64_t value);
static inline uint64_t lf_atomic_exchange_acquire_u64(uint64_t *at, uint64_t value);
static inline uint64_t lf_atomic_exchange_release_u64(uint64_t *at, uint64_t value);
static inline uint64_t lf_atomic_exchange_acq_rel_u64(uint64_t *at, uint64_t value);
static inline uint64_t lf_atomic_exchange_seq_cst_u64(uint64_t *at, uint64_t value);
/* Adds, modulo 2^bits, in one step with reading; returns what was there. Add 0 - n to subtract. */
static inline uint64_t lf_atomic_fetch_add_relaxed_u64(uint64_t *at, uint64_t value);
static inline uint64_t lf_atomic_fetch_add_acquire_u64(uint64_t *at, uint64_t value);
static inline uint64_t lf_atomic_fetch_add_release_u64(uint64_t *at, uint64_t value);
static inline uint64_t lf_atomic_fetch_add_acq_rel_u64(uint64_t *at, uint64_t value);
static inline uint64_t lf_atomic_fetch_add_seq_cst_u64(uint64_t *at, uint64_t value);
/* If *at is *expected, puts `wanted` there and returns true; else writes what is there to *expected and returns false.
 * Strong: never fails for another reason. A failure has the order that is left of the name's without its release. */
static inline bool lf_atomic_cas_relaxed_u64(uint64_t *at, uint64_t *expected, uint64_t wanted);
static inline bool lf_atomic_cas_acquire_u64(uint64_t *at, uint64_t *expected, uint64_t wanted);
static inline bool lf_atomic_cas_release_u64(uint64_t *at, uint64_t *expected, uint64_t wanted);
static inline bool lf_atomic_cas_acq_rel_u64(uint64_t *at, uint64_t *expected, uint64_t wanted);
static inline bool lf_atomic_cas_seq_cst_u64(uint64_t *at, uint64_t *expected, uint64_t wanted);

#endif
