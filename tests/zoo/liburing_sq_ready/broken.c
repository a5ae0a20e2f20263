/* liburing with SQPOLL: the kernel's thread moves the submission queue's head; the words are plain, as there. */
#include "../zoo.h"

#define SETUP_SQPOLL 1u

static struct { unsigned flags, khead, sqe_tail; } ring = {SETUP_SQPOLL, 0, 1};

static unsigned sq_ready(void) {
  unsigned khead = ring.khead; /* BROKEN */
  if (ring.flags & SETUP_SQPOLL) khead = __atomic_load_n(&ring.khead, __ATOMIC_ACQUIRE);
  return ring.sqe_tail - khead;
}

#include "scenario.h"
