/* SPDX-License-Identifier: MIT */
/* A system that has no membarrier: both sides fence for themselves. */
#include <sys/syscall.h>
#undef SYS_membarrier

#include "sleep.h"

/* The publisher either sees the sleeper, or the sleeper sees the condition.
 * progress: blocking */
LF_SCENARIO(both_fence) {
  make_eventcount();
  join_both(lf_spawn(publish_once, NULL), lf_spawn(sleep_once, NULL));
}
