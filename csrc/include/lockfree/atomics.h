/* SPDX-License-Identifier: MIT */
/* atomics.h: single atomic operations by name and order, for who has no <stdatomic.h>: Python, through lockfree.lib.
 *
 * Use it to take part from Python in a protocol of a flag and a counter (a stop word in shared memory, a sequence
 * number), to teach, to test. Not in C or C++, which have their own; not to build a queue in Python, where each call
 * costs a hundred times the operation.
 *
 * Who may call what at once: everything, everybody. The words are plain uint32_t and uint64_t; while several threads
 * or processes use one, all must use it through these functions (or atomics of their own).
 *
 * Orders: each function has the order that its name says; a compare-and-swap that fails has what is left of it without
 * the release. Partners are stated where it is used, as everywhere here.
 * Progress: wait-free on x86-64, and on AArch64 with LSE; without LSE the read-modify-writes are lock-free loops.
 * Cost: loads and stores as plain ones, but store_seq_cst and every read-modify-write some 20 cycles on x86-64.
 * Source: ISO C11, 7.17; Boehm and Adve, "Foundations of the C++ concurrency memory model", PLDI 2008.
 */
#ifndef LOCKFREE_ATOMICS_H
#define LOCKFREE_ATOMICS_H

#include "api/atomics.h"
#include "base.h"

LF_STATIC_ASSERT(sizeof(LF_ATOMIC(uint32_t)) == 4, "a 32-bit atomic must be as large as its value");

/* ---- uint32_t ---- */

static inline uint32_t lf_atomic_load_relaxed_u32(const uint32_t *at) {
  /* relaxed: named so by the caller, who states why */
  return atomic_load_explicit((const LF_ATOMIC(uint32_t) *)at, memory_order_relaxed);
}

static inline uint32_t lf_atomic_load_acquire_u32(const uint32_t *at) {
  /* [atomics:acquire] named for the caller, who states its partner */
  return atomic_load_explicit((const LF_ATOMIC(uint32_t) *)at, memory_order_acquire);
}

static inline uint32_t lf_atomic_load_seq_cst_u32(const uint32_t *at) {
  /* [atomics:seq_cst] named for the caller, who states its partner */
  return atomic_load_explicit((const LF_ATOMIC(uint32_t) *)at, memory_order_seq_cst);
}

static inline void lf_atomic_store_relaxed_u32(uint32_t *at, uint32_t value) {
  /* relaxed: named so by the caller, who states why */
  atomic_store_explicit((LF_ATOMIC(uint32_t) *)at, value, memory_order_relaxed);
}

static inline void lf_atomic_store_release_u32(uint32_t *at, uint32_t value) {
  /* [atomics:release] named for the caller, who states its partner */
  atomic_store_explicit((LF_ATOMIC(uint32_t) *)at, value, memory_order_release);
}

static inline void lf_atomic_store_seq_cst_u32(uint32_t *at, uint32_t value) {
  /* [atomics:seq_cst] named for the caller, who states its partner */
  atomic_store_explicit((LF_ATOMIC(uint32_t) *)at, value, memory_order_seq_cst);
}

static inline uint32_t lf_atomic_exchange_relaxed_u32(uint32_t *at, uint32_t value) {
  /* relaxed: named so by the caller, who states why */
  return atomic_exchange_explicit((LF_ATOMIC(uint32_t) *)at, value, memory_order_relaxed);
}

static inline uint32_t lf_atomic_exchange_acquire_u32(uint32_t *at, uint32_t value) {
  /* [atomics:acquire] named for the caller, who states its partner */
  return atomic_exchange_explicit((LF_ATOMIC(uint32_t) *)at, value, memory_order_acquire);
}

static inline uint32_t lf_atomic_exchange_release_u32(uint32_t *at, uint32_t value) {
  /* [atomics:release] named for the caller, who states its partner */
  return atomic_exchange_explicit((LF_ATOMIC(uint32_t) *)at, value, memory_order_release);
}

static inline uint32_t lf_atomic_exchange_acq_rel_u32(uint32_t *at, uint32_t value) {
  /* [atomics:acq_rel] named for the caller, who states its partner */
  return atomic_exchange_explicit((LF_ATOMIC(uint32_t) *)at, value, memory_order_acq_rel);
}

static inline uint32_t lf_atomic_exchange_seq_cst_u32(uint32_t *at, uint32_t value) {
  /* [atomics:seq_cst] named for the caller, who states its partner */
  return atomic_exchange_explicit((LF_ATOMIC(uint32_t) *)at, value, memory_order_seq_cst);
}

static inline uint32_t lf_atomic_fetch_add_relaxed_u32(uint32_t *at, uint32_t value) {
  /* relaxed: named so by the caller, who states why */
  return atomic_fetch_add_explicit((LF_ATOMIC(uint32_t) *)at, value, memory_order_relaxed);
}

static inline uint32_t lf_atomic_fetch_add_acquire_u32(uint32_t *at, uint32_t value) {
  /* [atomics:acquire] named for the caller, who states its partner */
  return atomic_fetch_add_explicit((LF_ATOMIC(uint32_t) *)at, value, memory_order_acquire);
}

static inline uint32_t lf_atomic_fetch_add_release_u32(uint32_t *at, uint32_t value) {
  /* [atomics:release] named for the caller, who states its partner */
  return atomic_fetch_add_explicit((LF_ATOMIC(uint32_t) *)at, value, memory_order_release);
}

static inline uint32_t lf_atomic_fetch_add_acq_rel_u32(uint32_t *at, uint32_t value) {
  /* [atomics:acq_rel] named for the caller, who states its partner */
  return atomic_fetch_add_explicit((LF_ATOMIC(uint32_t) *)at, value, memory_order_acq_rel);
}

static inline uint32_t lf_atomic_fetch_add_seq_cst_u32(uint32_t *at, uint32_t value) {
  /* [atomics:seq_cst] named for the caller, who states its partner */
  return atomic_fetch_add_explicit((LF_ATOMIC(uint32_t) *)at, value, memory_order_seq_cst);
}

static inline bool lf_atomic_cas_relaxed_u32(uint32_t *at, uint32_t *expected, uint32_t wanted) {
  /* relaxed: named so by the caller, who states why */
  /* relaxed: named so by the caller, who states why */
  return atomic_compare_exchange_strong_explicit((LF_ATOMIC(uint32_t) *)at, expected, wanted, memory_order_relaxed,
                                                 memory_order_relaxed);
}

static inline bool lf_atomic_cas_acquire_u32(uint32_t *at, uint32_t *expected, uint32_t wanted) {
  /* [atomics:acquire] named for the caller, who states its partner */
  /* [atomics:acquire] named for the caller, who states its partner */
  return atomic_compare_exchange_strong_explicit((LF_ATOMIC(uint32_t) *)at, expected, wanted, memory_order_acquire,
                                                 memory_order_acquire);
}

static inline bool lf_atomic_cas_release_u32(uint32_t *at, uint32_t *expected, uint32_t wanted) {
  /* [atomics:release] named for the caller, who states its partner */
  /* relaxed: named so by the caller, who states why */
  return atomic_compare_exchange_strong_explicit((LF_ATOMIC(uint32_t) *)at, expected, wanted, memory_order_release,
                                                 memory_order_relaxed);
}

static inline bool lf_atomic_cas_acq_rel_u32(uint32_t *at, uint32_t *expected, uint32_t wanted) {
  /* [atomics:acq_rel] named for the caller, who states its partner */
  /* [atomics:acquire] named for the caller, who states its partner */
  return atomic_compare_exchange_strong_explicit((LF_ATOMIC(uint32_t) *)at, expected, wanted, memory_order_acq_rel,
                                                 memory_order_acquire);
}

static inline bool lf_atomic_cas_seq_cst_u32(uint32_t *at, uint32_t *expected, uint32_t wanted) {
  /* [atomics:seq_cst] named for the caller, who states its partner */
  /* [atomics:seq_cst] named for the caller, who states its partner */
  return atomic_compare_exchange_strong_explicit((LF_ATOMIC(uint32_t) *)at, expected, wanted, memory_order_seq_cst,
                                                 memory_order_seq_cst);
}

/* ---- uint64_t ---- */

static inline uint64_t lf_atomic_load_relaxed_u64(const uint64_t *at) {
  /* relaxed: named so by the caller, who states why */
  return atomic_load_explicit((const LF_ATOMIC(uint64_t) *)at, memory_order_relaxed);
}

static inline uint64_t lf_atomic_load_acquire_u64(const uint64_t *at) {
  /* [atomics:acquire] named for the caller, who states its partner */
  return atomic_load_explicit((const LF_ATOMIC(uint64_t) *)at, memory_order_acquire);
}

static inline uint64_t lf_atomic_load_seq_cst_u64(const uint64_t *at) {
  /* [atomics:seq_cst] named for the caller, who states its partner */
  return atomic_load_explicit((const LF_ATOMIC(uint64_t) *)at, memory_order_seq_cst);
}

static inline void lf_atomic_store_relaxed_u64(uint64_t *at, uint64_t value) {
  /* relaxed: named so by the caller, who states why */
  atomic_store_explicit((LF_ATOMIC(uint64_t) *)at, value, memory_order_relaxed);
}

static inline void lf_atomic_store_release_u64(uint64_t *at, uint64_t value) {
  /* [atomics:release] named for the caller, who states its partner */
  atomic_store_explicit((LF_ATOMIC(uint64_t) *)at, value, memory_order_release);
}

static inline void lf_atomic_store_seq_cst_u64(uint64_t *at, uint64_t value) {
  /* [atomics:seq_cst] named for the caller, who states its partner */
  atomic_store_explicit((LF_ATOMIC(uint64_t) *)at, value, memory_order_seq_cst);
}

static inline uint64_t lf_atomic_exchange_relaxed_u64(uint64_t *at, uint64_t value) {
  /* relaxed: named so by the caller, who states why */
  return atomic_exchange_explicit((LF_ATOMIC(uint64_t) *)at, value, memory_order_relaxed);
}

static inline uint64_t lf_atomic_exchange_acquire_u64(uint64_t *at, uint64_t value) {
  /* [atomics:acquire] named for the caller, who states its partner */
  return atomic_exchange_explicit((LF_ATOMIC(uint64_t) *)at, value, memory_order_acquire);
}

static inline uint64_t lf_atomic_exchange_release_u64(uint64_t *at, uint64_t value) {
  /* [atomics:release] named for the caller, who states its partner */
  return atomic_exchange_explicit((LF_ATOMIC(uint64_t) *)at, value, memory_order_release);
}

static inline uint64_t lf_atomic_exchange_acq_rel_u64(uint64_t *at, uint64_t value) {
  /* [atomics:acq_rel] named for the caller, who states its partner */
  return atomic_exchange_explicit((LF_ATOMIC(uint64_t) *)at, value, memory_order_acq_rel);
}

static inline uint64_t lf_atomic_exchange_seq_cst_u64(uint64_t *at, uint64_t value) {
  /* [atomics:seq_cst] named for the caller, who states its partner */
  return atomic_exchange_explicit((LF_ATOMIC(uint64_t) *)at, value, memory_order_seq_cst);
}

static inline uint64_t lf_atomic_fetch_add_relaxed_u64(uint64_t *at, uint64_t value) {
  /* relaxed: named so by the caller, who states why */
  return atomic_fetch_add_explicit((LF_ATOMIC(uint64_t) *)at, value, memory_order_relaxed);
}

static inline uint64_t lf_atomic_fetch_add_acquire_u64(uint64_t *at, uint64_t value) {
  /* [atomics:acquire] named for the caller, who states its partner */
  return atomic_fetch_add_explicit((LF_ATOMIC(uint64_t) *)at, value, memory_order_acquire);
}

static inline uint64_t lf_atomic_fetch_add_release_u64(uint64_t *at, uint64_t value) {
  /* [atomics:release] named for the caller, who states its partner */
  return atomic_fetch_add_explicit((LF_ATOMIC(uint64_t) *)at, value, memory_order_release);
}

static inline uint64_t lf_atomic_fetch_add_acq_rel_u64(uint64_t *at, uint64_t value) {
  /* [atomics:acq_rel] named for the caller, who states its partner */
  return atomic_fetch_add_explicit((LF_ATOMIC(uint64_t) *)at, value, memory_order_acq_rel);
}

static inline uint64_t lf_atomic_fetch_add_seq_cst_u64(uint64_t *at, uint64_t value) {
  /* [atomics:seq_cst] named for the caller, who states its partner */
  return atomic_fetch_add_explicit((LF_ATOMIC(uint64_t) *)at, value, memory_order_seq_cst);
}

static inline bool lf_atomic_cas_relaxed_u64(uint64_t *at, uint64_t *expected, uint64_t wanted) {
  /* relaxed: named so by the caller, who states why */
  /* relaxed: named so by the caller, who states why */
  return atomic_compare_exchange_strong_explicit((LF_ATOMIC(uint64_t) *)at, expected, wanted, memory_order_relaxed,
                                                 memory_order_relaxed);
}

static inline bool lf_atomic_cas_acquire_u64(uint64_t *at, uint64_t *expected, uint64_t wanted) {
  /* [atomics:acquire] named for the caller, who states its partner */
  /* [atomics:acquire] named for the caller, who states its partner */
  return atomic_compare_exchange_strong_explicit((LF_ATOMIC(uint64_t) *)at, expected, wanted, memory_order_acquire,
                                                 memory_order_acquire);
}

static inline bool lf_atomic_cas_release_u64(uint64_t *at, uint64_t *expected, uint64_t wanted) {
  /* [atomics:release] named for the caller, who states its partner */
  /* relaxed: named so by the caller, who states why */
  return atomic_compare_exchange_strong_explicit((LF_ATOMIC(uint64_t) *)at, expected, wanted, memory_order_release,
                                                 memory_order_relaxed);
}

static inline bool lf_atomic_cas_acq_rel_u64(uint64_t *at, uint64_t *expected, uint64_t wanted) {
  /* [atomics:acq_rel] named for the caller, who states its partner */
  /* [atomics:acquire] named for the caller, who states its partner */
  return atomic_compare_exchange_strong_explicit((LF_ATOMIC(uint64_t) *)at, expected, wanted, memory_order_acq_rel,
                                                 memory_order_acquire);
}

static inline bool lf_atomic_cas_seq_cst_u64(uint64_t *at, uint64_t *expected, uint64_t wanted) {
  /* [atomics:seq_cst] named for the caller, who states its partner */
  /* [atomics:seq_cst] named for the caller, who states its partner */
  return atomic_compare_exchange_strong_explicit((LF_ATOMIC(uint64_t) *)at, expected, wanted, memory_order_seq_cst,
                                                 memory_order_seq_cst);
}

#endif
