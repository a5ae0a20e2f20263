/* SPDX-License-Identifier: MIT */
/* fence.h: fences by name, the asymmetric pair, and the three patterns that need a fence.
 *
 * Prefer an ordered load or store: it says what it orders, and ThreadSanitizer understands it. Three patterns
 * have no such form:
 *
 *   1. Seqlock. Reader: copy relaxed words; acquire fence; read the sequence again. An acquire *load* of the
 *      sequence would order what comes after it, and the copy comes before.
 *   2. Publish, then look (hazard pointer, eventcount, Dekker). Store mine; seq_cst fence; load theirs. Both
 *      sides need it: release and acquire allow both loads to miss both stores (store buffering).
 *   3. One fence for many. Several relaxed loads, then one acquire fence, in place of an acquire on each.
 *
 * The asymmetric pair is pattern 2 with one frequent and one rare side: light is a compiler fence, and heavy,
 * membarrier(2), makes every other running thread execute a full fence at some point during the call.
 *
 * Who may call what at once: everything, everybody.
 * Ordering: each function is the fence that its name says; the pair's orders are commented where it is used.
 *   light:order <> heavy:order        forbids: light's later load and heavy's later load both miss the
 *                                     other side's earlier store
 * Progress: wait-free; heavy is a system call.
 * Cost: seq_cst some 20 cycles on x86-64; heavy 1 to 40 us, growing with the number of cores that run us.
 * Source: Boehm and Adve, "Foundations of the C++ concurrency memory model", PLDI 2008; Goldblatt, WG21 P1202,
 * 2019 (asymmetric fences); membarrier(2).
 */
#ifndef LOCKFREE_FENCE_H
#define LOCKFREE_FENCE_H

#include "api/fence.h"
#include "base.h"

#if defined(__linux__)
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifndef __cplusplus
long syscall(long number, ...); /* -std=c11 hides it; a program of the user's may choose its feature macros */
#endif
#endif

static inline void lf_fence_acquire(void) {
  /* [fence:acquire] named for the caller, who states its partner */
  atomic_thread_fence(memory_order_acquire);
}

static inline void lf_fence_release(void) {
  /* [fence:release] named for the caller, who states its partner */
  atomic_thread_fence(memory_order_release);
}

static inline void lf_fence_acq_rel(void) {
  /* [fence:acq_rel] named for the caller, who states its partner */
  atomic_thread_fence(memory_order_acq_rel);
}

static inline void lf_fence_seq_cst(void) {
  /* [fence:seq_cst] named for the caller, who states its partner */
  atomic_thread_fence(memory_order_seq_cst);
}

static inline void lf_fence_compiler(void) {
  /* [fence:compiler] named for the caller, who states its partner */
  atomic_signal_fence(memory_order_seq_cst);
}

/* 0: not asked yet; 1: membarrier serves; 2: it does not, so both sides fence. One word a scope and translation
 * unit: each unit asks for itself, and registering twice does no harm. */
static inline LF_ATOMIC(uint32_t) * lf_fence_asymmetric_state_(bool shared) {
  static LF_ATOMIC(uint32_t) state[2];
  return &state[shared ? 1 : 0];
}

static inline bool lf_fence_asymmetric_open(bool shared) {
  uint32_t answer = 2;
#if defined(__linux__) && defined(SYS_membarrier)
  const int command = shared ? MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED : MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
  if (syscall(SYS_membarrier, command, 0) == 0) answer = 1;
#endif
  /* relaxed: a constant of the process once asked; a late reader fences for real, which is always right */
  atomic_store_explicit(lf_fence_asymmetric_state_(shared), answer, memory_order_relaxed);
  return answer == 1;
}

static inline void lf_fence_light(bool shared) {
  /* relaxed: a constant of the process once asked */
  if (LF_LIKELY(atomic_load_explicit(lf_fence_asymmetric_state_(shared), memory_order_relaxed) == 1)) {
    /* [light:order] ordered with [heavy:order]; forbids: both later loads miss both earlier stores */
    atomic_signal_fence(memory_order_seq_cst);
  } else {
    /* [light:order] ordered with [heavy:order]; forbids: both later loads miss both earlier stores */
    atomic_thread_fence(memory_order_seq_cst);
  }
}

static inline void lf_fence_heavy(bool shared) {
#if defined(__linux__) && defined(SYS_membarrier)
  const int command = shared ? MEMBARRIER_CMD_GLOBAL_EXPEDITED : MEMBARRIER_CMD_PRIVATE_EXPEDITED;
  /* Where it fails for good, no light side of this process was told to go without its own fence; a child of
   * fork on an old kernel may have to register again. */
  if (syscall(SYS_membarrier, command, 0) != 0 && lf_fence_asymmetric_open(shared)) {
    (void)syscall(SYS_membarrier, command, 0);
  }
#endif
  /* [heavy:order] ordered with [light:order]; forbids: both later loads miss both earlier stores */
  atomic_thread_fence(memory_order_seq_cst);
}

#endif
