/* SPDX-License-Identifier: MIT */
/* base.h: what every structure shares: line size, statuses, atomics that read alike in C11 and C++17. */
#ifndef LOCKFREE_BASE_H
#define LOCKFREE_BASE_H

#include <string.h>

#include "api/base.h"

#if defined(__SIZEOF_POINTER__) && __SIZEOF_POINTER__ != 8
#error "lockfree needs a 64-bit platform: positions are 64-bit counters that must be read in one piece"
#endif
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "lockfree needs a little-endian platform: its files and shared memory are little-endian as they stand"
#endif

#ifdef __cplusplus
#include <atomic>
#define LF_ATOMIC(T) std::atomic<T>
#define LF_ALIGNAS(n) alignas(n)
#define LF_STATIC_ASSERT(c, why) static_assert(c, why)
using std::atomic_compare_exchange_strong_explicit;
using std::atomic_compare_exchange_weak_explicit;
using std::atomic_exchange_explicit;
using std::atomic_fetch_add_explicit;
using std::atomic_fetch_and_explicit;
using std::atomic_fetch_or_explicit;
using std::atomic_load_explicit;
using std::atomic_signal_fence;
using std::atomic_store_explicit;
using std::atomic_thread_fence;
using std::memory_order_acq_rel;
using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;
using std::memory_order_seq_cst;
#else
#include <stdatomic.h>
#define LF_ATOMIC(T) _Atomic(T)
#define LF_ALIGNAS(n) _Alignas(n)
#define LF_STATIC_ASSERT(c, why) _Static_assert(c, why)
#endif

/* 128, not 64: the spatial prefetcher pulls lines in pairs, and shared layouts must not depend on the machine. */
#define LF_LINE 128

/* How far a batch that reads ahead looks: 24 lines of 64 bytes, about as many misses as a core keeps in flight. */
#define LF_PREFETCH_AHEAD ((size_t)1536)
#define LF_ALWAYS_INLINE static inline __attribute__((always_inline))
#define LF_PREFETCH(address) __builtin_prefetch(address)

#define LF_LIKELY(x) __builtin_expect(!!(x), 1)
#define LF_UNLIKELY(x) __builtin_expect(!!(x), 0)

LF_STATIC_ASSERT(sizeof(LF_ATOMIC(uint64_t)) == 8, "a 64-bit atomic must be as large as its value");

/* Tells the core that this is a spin-wait. Costs 10 to 140 cycles depending on the machine. */
static inline void lf_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("isb" ::: "memory");
#endif
}

/* Inlined for an item of 8 bytes, gcc -O3 weighs the larger cases too, which never run for it, and warns. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Warray-bounds"
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#pragma GCC diagnostic ignored "-Wstringop-overread"
#endif

/* memcpy for sizes known only at run time: the sizes people use are moved in registers, without a call. */
static inline void lf_copy(void *to, const void *from, size_t n) {
  switch (n) {
    case 4: memcpy(to, from, 4); return;
    case 8: memcpy(to, from, 8); return;
    case 16: memcpy(to, from, 16); return;
    case 32: memcpy(to, from, 32); return;
    case 64: memcpy(to, from, 64); return;
    default: memcpy(to, from, n);
  }
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

/* The smallest power of two >= n, for 1 <= n <= 2^62. */
static inline uint64_t lf_power_of_two_above(uint64_t n) {
  return n <= 1 ? 1 : (uint64_t)1 << (64 - __builtin_clzll((unsigned long long)(n - 1)));
}

#endif
