/* SPDX-License-Identifier: MIT */
/* The surface of eventcount.h. Plain declarations: this file is also read by cffi. */
#ifndef LOCKFREE_API_EVENTCOUNT_H
#define LOCKFREE_API_EVENTCOUNT_H

#include "base.h"

typedef struct lf_eventcount lf_eventcount;

static inline size_t lf_eventcount_size(void);
/* mem: at least lf_eventcount_size bytes, aligned to LF_LINE, else NULL. shared: processes meet on it. */
static inline lf_eventcount *lf_eventcount_init(void *mem, size_t bytes, bool shared);
/* True if a publisher pays nothing for the order: membarrier works and is registered in this process.
 * Call it once in each process before the eventcount is used (init does it for its own process). */
static inline bool lf_eventcount_open(bool shared);

/* Sleeper: key = prepare; look again; then either cancel or wait(key). */
static inline uint32_t lf_eventcount_prepare(lf_eventcount *ec);
static inline void lf_eventcount_cancel(lf_eventcount *ec, uint32_t key);
/* Sleeps until a notify that came after prepare: OK TIMEOUT INTERRUPTED. nanoseconds < 0: for ever, but in
 * shared memory it comes back with TIMEOUT after at most 100 ms, since a waker may die between its steps. */
static inline lf_status lf_eventcount_wait(lf_eventcount *ec, uint32_t key, int64_t nanoseconds);

/* Publisher: after making the condition true. A load and a branch unless somebody sleeps. */
static inline void lf_eventcount_notify(lf_eventcount *ec);

#endif
