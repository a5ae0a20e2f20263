/* SPDX-License-Identifier: MIT */
/* gaps.h: puts a stopping place before every atomic access, after every atomic store, and before, in and after
 * every copy of the header under test.
 *
 * Include it first. The header then compiles as it stands: only the names atomic_*_explicit and memcpy mean
 * "maybe wait here, then do it". A thread is held at a gap until the other threads have made a number of steps,
 * or for a random moment; that turns a window of nanoseconds into one that a test meets every time.
 *
 * The orders under test are handed on as they are. What a gap itself does is relaxed and private to the thread.
 */
#ifndef LOCKFREE_EXECUTOR_GAPS_H
#define LOCKFREE_EXECUTOR_GAPS_H

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

/* The part of a thread's state that a gap touches. */
struct gaps {
  uint32_t passed;  /* gaps since the step began */
  uint32_t stop_at; /* 0: nowhere */
  uint32_t jitter;  /* 0: none */
};

static _Thread_local struct gaps gaps;

/* Where a gap is: the line, and in the upper half 0 for the header under test, 1 for base.h, 2 for a binding. */
#define GAP_PLACE \
  ((uint32_t)__LINE__ + (strstr(__FILE__, "/base.h") ? 1u << 16 : 0) + (strstr(__FILE__, "bind_") ? 2u << 16 : 0))

static void gap_stop(uint32_t place); /* held until the others have moved */
static void gap_jitter(void);         /* a random moment */

#define GAP_INLINE static inline __attribute__((always_inline))

GAP_INLINE void gap(uint32_t place) {
  gaps.passed++;
  if (__builtin_expect(gaps.passed == gaps.stop_at, 0)) gap_stop(place);
  if (__builtin_expect(gaps.jitter != 0, 0)) gap_jitter();
}

GAP_INLINE uint64_t gap_load64(const _Atomic(uint64_t) *from, memory_order order, uint32_t place) {
  gap(place);
  return atomic_load_explicit(from, order); /* the order is the caller's */
}

GAP_INLINE uint32_t gap_load32(const _Atomic(uint32_t) *from, memory_order order, uint32_t place) {
  gap(place);
  return atomic_load_explicit(from, order); /* the order is the caller's */
}

GAP_INLINE void gap_store64(_Atomic(uint64_t) *to, uint64_t value, memory_order order, uint32_t place) {
  gap(place);
  atomic_store_explicit(to, value, order); /* the order is the caller's */
  gap(place);
}

GAP_INLINE void gap_store32(_Atomic(uint32_t) *to, uint32_t value, memory_order order, uint32_t place) {
  gap(place);
  atomic_store_explicit(to, value, order); /* the order is the caller's */
  gap(place);
}

/* In two halves with a gap between them: nothing promises that a copy is one step. */
GAP_INLINE void *gap_copy(void *to, const void *from, size_t n, uint32_t place) {
  const size_t half = n / 2;
  gap(place);
  __builtin_memcpy(to, from, half);
  gap(place);
  __builtin_memcpy((unsigned char *)to + half, (const unsigned char *)from + half, n - half);
  gap(place);
  return to;
}

/* clang-format off */
#undef atomic_load_explicit
#undef atomic_store_explicit
#undef memcpy
#define atomic_load_explicit(from, order)                                                                       \
  _Generic((from), _Atomic(uint64_t) *: gap_load64, const _Atomic(uint64_t) *: gap_load64,                      \
                   _Atomic(uint32_t) *: gap_load32, const _Atomic(uint32_t) *: gap_load32)(from, order, GAP_PLACE)
#define atomic_store_explicit(to, value, order) \
  _Generic((to), _Atomic(uint64_t) *: gap_store64, _Atomic(uint32_t) *: gap_store32)(to, value, order, GAP_PLACE)
#define memcpy(to, from, n) gap_copy(to, from, n, GAP_PLACE)
/* clang-format on */

#endif
