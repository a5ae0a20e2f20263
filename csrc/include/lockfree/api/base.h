/* SPDX-License-Identifier: MIT */
/* Statuses that every structure answers with. Plain declarations: this file is also read by cffi. */
#ifndef LOCKFREE_API_BASE_H
#define LOCKFREE_API_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum lf_status {
  LF_OK = 0,          /* done */
  LF_FULL = 1,        /* no room now; an answer, not an error */
  LF_EMPTY = 2,       /* nothing there now; an answer, not an error */
  LF_BUSY = 3,        /* another thread is in the middle of it; try again */
  LF_CLOSED = 4,      /* closed, and (for a consumer) everything has been taken */
  LF_TOO_BIG = 5,     /* this item can never fit, or the caller's buffer is smaller than the item */
  LF_TIMEOUT = 6,     /* the wait's time is over */
  LF_INTERRUPTED = 7, /* a signal arrived during the wait */
  LF_CORRUPT = 8      /* the bytes in shared memory contradict each other */
} lf_status;

#endif
