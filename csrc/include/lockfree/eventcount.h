/* SPDX-License-Identifier: MIT */
/* eventcount.h: sleep until a condition over lock-free data may have changed, without losing a wake-up.
 *
 * Use it beside a queue whose FULL or EMPTY somebody wants to wait out. Not as a lock or a counter: it knows
 * nothing of the condition, and a woken thread looks again.
 *
 *        sleeper                              publisher
 *        key = prepare   (say: I sleep)       make the condition true  (release store)
 *        heavy fence                          light fence
 *        condition?  yes: cancel              does somebody sleep?  no: done
 *        wait(key)                            yes: new epoch, wake all
 *
 * This is store buffering: without a full fence on both sides each can miss the other, and the sleeper sleeps
 * for ever. The sleeper pays for both with membarrier(2), so that a publisher with nobody to wake does one
 * relaxed load.
 *
 * Who may call what at once: everything, everybody.
 *
 * Invariants
 *   One word: bit 0 "somebody sleeps", bits 1..31 the epoch. The bit clears itself when a publisher wakes, so
 *   that a sleeper who died leaves at most one wake-up for nobody. A count would leave it there for ever.
 *   The futex compares the word, so a notify between prepare and wait makes wait return at once. The epoch
 *   would have to wrap (2^31 notifies, each with a sleeper announced) between the two to deceive it.
 *
 * Ordering
 *   sleep:announce <> notify:look     forbids: the sleeper misses the condition while the publisher misses
 *                                     the sleeper
 *   notify:advance -> sleep:announce  what the waker did is seen by the next sleeper
 *
 * Progress: notify, prepare and cancel are lock-free; wait waits. A stopped sleeper costs publishers one
 * wake-up; a publisher stopped between its condition and its look leaves sleepers asleep until it goes on, and
 * if it is killed there (shared memory), until the 100 ms re-check.
 *
 * Cost: one line; notify a load and a branch; prepare one RMW and one membarrier; wait one system call.
 *
 * Source: Vyukov, "Eventcounts" (2008-2011); Franke, Russell and Kirkwood, "Fuss, futexes and furwocks", OLS 2002.
 */
#ifndef LOCKFREE_EVENTCOUNT_H
#define LOCKFREE_EVENTCOUNT_H

#include "api/eventcount.h"
#include "base.h"
#include "fence.h"

#include <errno.h>
#include <time.h>

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#else
#include <sched.h>
#endif

#define LF_EVENTCOUNT_ASLEEP 1u
#define LF_EVENTCOUNT_EPOCH 2u
#define LF_EVENTCOUNT_RECHECK_NS 100000000 /* 100 ms: see Progress */

struct lf_eventcount {
  LF_ALIGNAS(LF_LINE) LF_ATOMIC(uint32_t) state;
  uint32_t shared;
};

LF_STATIC_ASSERT(sizeof(struct lf_eventcount) == LF_LINE, "the layout is shared between processes");
LF_STATIC_ASSERT(sizeof(LF_ATOMIC(uint32_t)) == 4, "the futex reads the word behind the atomic");

static inline size_t lf_eventcount_size(void) { return sizeof(lf_eventcount); }

static inline bool lf_eventcount_open(bool shared) { return lf_fence_asymmetric_open(shared); }

static inline lf_eventcount *lf_eventcount_init(void *mem, size_t bytes, bool shared) {
  if (mem == NULL || bytes < sizeof(lf_eventcount) || (uintptr_t)mem % LF_LINE != 0) return NULL;
  lf_eventcount *ec = (lf_eventcount *)mem;
  (void)lf_eventcount_open(shared);
  /* relaxed: nobody else has it yet; whoever hands it over orders this */
  atomic_store_explicit(&ec->state, 0u, memory_order_relaxed);
  ec->shared = shared ? 1u : 0u;
  return ec;
}

static inline uint32_t lf_eventcount_prepare(lf_eventcount *ec) {
  /* [sleep:announce] pairs with [notify:advance] */
  /* [sleep:announce] ordered with [notify:look]; forbids: condition missed and sleeper missed */
  /* kept: queues/eventcount-advance; lf_fence_heavy's own fence would do for it, but promises only what it forbids */
  const uint32_t before = atomic_fetch_or_explicit(&ec->state, LF_EVENTCOUNT_ASLEEP, memory_order_acquire);
  lf_fence_heavy(ec->shared != 0);
  return before | LF_EVENTCOUNT_ASLEEP;
}

/* Others may sleep behind the same bit, so it stays: at worst the next notify wakes nobody. */
static inline void lf_eventcount_cancel(lf_eventcount *ec, uint32_t key) {
  (void)ec;
  (void)key;
}

static inline lf_status lf_eventcount_wait(lf_eventcount *ec, uint32_t key, int64_t nanoseconds) {
#if defined(__linux__)
  int64_t limit = nanoseconds;
  if (ec->shared && (limit < 0 || limit > LF_EVENTCOUNT_RECHECK_NS)) limit = LF_EVENTCOUNT_RECHECK_NS;
  struct timespec relative;
  relative.tv_sec = (time_t)(limit / 1000000000);
  relative.tv_nsec = (long)(limit % 1000000000);
  const int op = ec->shared ? FUTEX_WAIT : FUTEX_WAIT_PRIVATE;
  if (syscall(SYS_futex, &ec->state, op, key, limit < 0 ? NULL : &relative, NULL, 0) == 0) return LF_OK;
  if (errno == ETIMEDOUT) return LF_TIMEOUT;
  return errno == EINTR ? LF_INTERRUPTED : LF_OK; /* EAGAIN: notified since prepare */
#else
  /* No futex: a yielding wait, correct but not idle. */
  struct timespec start, now;
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (;;) {
    /* [sleep:announce] pairs with [notify:advance] */
    if (atomic_load_explicit(&ec->state, memory_order_acquire) != key) return LF_OK;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const int64_t waited = (int64_t)(now.tv_sec - start.tv_sec) * 1000000000 + (now.tv_nsec - start.tv_nsec);
    if (nanoseconds >= 0 && waited >= nanoseconds) return LF_TIMEOUT;
    sched_yield();
  }
#endif
}

static inline void lf_eventcount_wake_(lf_eventcount *ec, uint32_t state) {
  /* Clears the bit and moves the epoch in one step; whoever wins wakes all. */
  while (state & LF_EVENTCOUNT_ASLEEP) {
    const uint32_t next = (state & ~LF_EVENTCOUNT_ASLEEP) + LF_EVENTCOUNT_EPOCH;
    /* [notify:advance] pairs with [sleep:announce] */
    /* relaxed: a lost race only tells the new state */
    if (atomic_compare_exchange_weak_explicit(&ec->state, &state, next, memory_order_release, memory_order_relaxed)) {
#if defined(__linux__)
      (void)syscall(SYS_futex, &ec->state, ec->shared ? FUTEX_WAKE : FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
#endif
      return;
    }
  }
}

static inline void lf_eventcount_notify(lf_eventcount *ec) {
  lf_fence_light(ec->shared != 0);
  /* [notify:look] ordered with [sleep:announce]; forbids: condition missed and sleeper missed */
  const uint32_t state = atomic_load_explicit(&ec->state, memory_order_relaxed);
  if (LF_UNLIKELY(state & LF_EVENTCOUNT_ASLEEP)) lf_eventcount_wake_(ec, state);
}

#endif
