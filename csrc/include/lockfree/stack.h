/* SPDX-License-Identifier: MIT */
/* stack.h: a stack of indices: the free list of a pool whose items live elsewhere.
 *
 * Use it to hand out slots of an array from any thread or process, the one given back last first (its line is warm).
 * Not as a queue: the order is last in, first out, and an index must not be pushed while it is inside.
 *
 *   top --> [ 3 ] --> [ 0 ] --> [ 5 ]       next[i] is the index below i, plus one; 0: nothing below
 *   tag: how often top was changed, modulo 2^32
 *
 * Who may call what at once: everything, everybody.
 *
 * Invariants
 *   An index is inside at most once. Only its owner (who popped it and did not push it yet) writes next[index]; others
 *   may read it, and what they read counts only if the tag did not move.
 *   The tag goes up with each change of top: a pop that read an old next fails its compare-exchange, though the same
 *   index be on top again (ABA). It would have to go round 2^32 changes within one pop to deceive it.
 *
 * Ordering
 *   push:publish -> pop:take          what its last owner did with the item, and next, written before it is taken
 *
 * Progress: lock-free: a push or pop that tries again does so because another one succeeded. A stopped thread keeps at
 * most the one index that it took or did not push yet; it stops nobody.
 * Linearizable: strict, a stack of a set.
 *
 * Cost: two lines and four bytes an index; push and pop are one load, one access to next, one compare-exchange.
 *
 * Source: Treiber, "Systems programming: coping with parallelism", IBM RJ 5118, 1986; tags: IBM System/370, 1983.
 */
#ifndef LOCKFREE_STACK_H
#define LOCKFREE_STACK_H

#include "api/stack.h"
#include "base.h"

#define LF_STACK_MAGIC 0x4B435453u /* "STCK" */
#define LF_STACK_VERSION 1u

struct lf_stack {
  LF_ALIGNAS(LF_LINE) uint32_t magic;
  uint32_t version;
  uint64_t capacity;
  LF_ALIGNAS(LF_LINE) LF_ATOMIC(uint64_t) top; /* tag in the upper half, index + 1 in the lower */
};

LF_STATIC_ASSERT(sizeof(struct lf_stack) == (size_t)2 * LF_LINE, "the layout is shared between processes");

static inline LF_ATOMIC(uint32_t) * lf_stack_next_(lf_stack *stack, uint32_t index) {
  return (LF_ATOMIC(uint32_t) *)(void *)((unsigned char *)stack + sizeof(lf_stack)) + index;
}

static inline uint64_t lf_stack_top_(uint64_t before, uint32_t index_plus_one) {
  return ((before >> 32) + 1) << 32 | index_plus_one;
}

/* ---- set up ---- */

static inline size_t lf_stack_size(size_t capacity) {
  if (capacity == 0 || capacity > (size_t)1 << 31) return 0;
  return sizeof(lf_stack) + capacity * sizeof(uint32_t);
}

static inline lf_stack *lf_stack_init(void *mem, size_t bytes, size_t capacity) {
  const size_t need = lf_stack_size(capacity);
  if (mem == NULL || need == 0 || bytes < need || (uintptr_t)mem % LF_LINE != 0) return NULL;
  lf_stack *stack = (lf_stack *)mem;
  stack->magic = LF_STACK_MAGIC;
  stack->version = LF_STACK_VERSION;
  stack->capacity = capacity;
  /* relaxed: nobody else has the stack yet; whoever hands it over orders this */
  atomic_store_explicit(&stack->top, (uint64_t)0, memory_order_relaxed);
  for (uint32_t i = 0; i < capacity; i++) {
    /* relaxed: as above */
    atomic_store_explicit(lf_stack_next_(stack, i), 0u, memory_order_relaxed);
  }
  return stack;
}

static inline lf_stack *lf_stack_init_full(void *mem, size_t bytes, size_t capacity) {
  lf_stack *stack = lf_stack_init(mem, bytes, capacity);
  if (stack == NULL) return NULL;
  for (uint32_t i = 0; i + 1 < capacity; i++) {
    /* relaxed: nobody else has the stack yet; whoever hands it over orders this */
    atomic_store_explicit(lf_stack_next_(stack, i), i + 2, memory_order_relaxed);
  }
  /* relaxed: as above */
  atomic_store_explicit(&stack->top, (uint64_t)1, memory_order_relaxed);
  return stack;
}

static inline lf_stack *lf_stack_attach(void *mem, size_t bytes) {
  if (mem == NULL || bytes < sizeof(lf_stack) || (uintptr_t)mem % LF_LINE != 0) return NULL;
  lf_stack *stack = (lf_stack *)mem;
  if (stack->magic != LF_STACK_MAGIC || stack->version != LF_STACK_VERSION) return NULL;
  const size_t need = lf_stack_size(stack->capacity);
  return need == 0 || bytes < need ? NULL : stack;
}

/* ---- anybody ---- */

static inline lf_status lf_stack_push(lf_stack *stack, uint32_t index) {
  if (index >= stack->capacity) return LF_TOO_BIG;
  /* relaxed: a wrong guess fails the exchange */
  uint64_t top = atomic_load_explicit(&stack->top, memory_order_relaxed);
  for (;;) {
    /* relaxed: published by the exchange below; who reads it too early finds the tag moved */
    atomic_store_explicit(lf_stack_next_(stack, index), (uint32_t)top, memory_order_relaxed);
    /* [push:publish] pairs with [pop:take] */
    /* relaxed: a lost race only tells the new top */
    if (atomic_compare_exchange_weak_explicit(&stack->top, &top, lf_stack_top_(top, index + 1), memory_order_release,
                                              memory_order_relaxed))
      return LF_OK;
  }
}

static inline lf_status lf_stack_pop(lf_stack *stack, uint32_t *index) {
  for (;;) {
    /* [pop:take] pairs with [push:publish] */
    uint64_t top = atomic_load_explicit(&stack->top, memory_order_acquire);
    const uint32_t found = (uint32_t)top;
    if (found == 0) return LF_EMPTY;
    if (LF_UNLIKELY(found > stack->capacity)) return LF_CORRUPT; /* a peer wrote nonsense */
    /* relaxed: ordered by the load of top that named it; if it is stale the tag has moved */
    const uint32_t below = atomic_load_explicit(lf_stack_next_(stack, found - 1), memory_order_relaxed);
    /* relaxed: what the index's last owner did was learned with top; this only takes it away */
    /* relaxed: a lost race looks again, and learns then */
    if (atomic_compare_exchange_weak_explicit(&stack->top, &top, lf_stack_top_(top, below), memory_order_relaxed,
                                              memory_order_relaxed)) {
      *index = found - 1;
      return LF_OK;
    }
  }
}

static inline size_t lf_stack_capacity(const lf_stack *stack) { return stack->capacity; }

static inline bool lf_stack_is_empty(const lf_stack *stack) {
  /* relaxed: a statistic; nothing is read on the strength of it */
  return (uint32_t)atomic_load_explicit(&stack->top, memory_order_relaxed) == 0;
}

#endif
