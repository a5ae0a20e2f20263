/* SPDX-License-Identifier: MIT */
/* The surface of fence.h. Plain declarations: this file is also read by cffi. */
#ifndef LOCKFREE_API_FENCE_H
#define LOCKFREE_API_FENCE_H

#include "base.h"

static inline void lf_fence_acquire(void);  /* loads before stay before everything after */
static inline void lf_fence_release(void);  /* everything before stays before stores after */
static inline void lf_fence_acq_rel(void);  /* both */
static inline void lf_fence_seq_cst(void);  /* both, and stores before stay before loads after */
static inline void lf_fence_compiler(void); /* no instruction: stops the compiler only */

/* The asymmetric full fence: the light side costs nothing, the heavy side a system call (some us). */
static inline bool lf_fence_asymmetric_open(bool shared); /* once a process; false: both sides are real fences */
static inline void lf_fence_light(bool shared);
static inline void lf_fence_heavy(bool shared);

#endif
