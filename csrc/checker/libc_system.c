/* SPDX-License-Identifier: MIT */
/* libc_system.c: the end of the program, time and chance (the same in every run), and the system calls of those who
 * sleep by themselves: futex and membarrier.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <linux/futex.h>
#include <linux/membarrier.h>

#include "access.h"
#include "defect.h"
#include "futex.h"
#include "locations.h"
#include "waiters.h"
#include "weaken.h"
#include "wrap.h"

/* ---- ends ---- */

WRAP(void, __assert_fail, const char *text, const char *file, unsigned line, const char *function) {
  ENTER;
  (void)function;
  const char *slash = strrchr(file, '/');
  if (!lfc_inside()) abort();
  lfc_defect(LFC_V_ASSERTION, SITE, "assertion failed: %s (%s:%u)", text, slash ? slash + 1 : file, line);
}
WRAP(void, abort, void) {
  ENTER;
  if (!lfc_inside()) abort();
  lfc_defect(LFC_V_ASSERTION, SITE, "the program called abort()");
}
static _Noreturn void leave(int status, const char *name, uint32_t site) {
  if (!lfc_inside()) _exit(status);
  if (status != 0) lfc_defect(LFC_V_ASSERTION, site, "the program called %s(%d)", name, status);
  lfc_thread_ends();
}
WRAP(void, exit, int status) {
  ENTER;
  leave(status, "exit", SITE);
}
WRAP(void, _exit, int status) {
  ENTER;
  leave(status, "_exit", SITE);
}
WRAP(void, quick_exit, int status) {
  ENTER;
  leave(status, "quick_exit", SITE);
}

/* ---- time: each look at a clock is a second later than the thread's last, so that any deadline comes ---- */

enum { BEGIN = 1700000000 };

uint64_t lfc_time(void) { return lfc_inside() ? BEGIN + ++lfc_own_state()->seconds : (uint64_t)time(NULL); }

void lfc_time_is_past(const struct timespec *until) {
  if (!lfc_inside() || until->tv_sec < BEGIN) return;
  const uint64_t seconds = (uint64_t)until->tv_sec - BEGIN;
  if (lfc_own_state()->seconds < seconds) lfc_own_state()->seconds = seconds;
}

WRAP(int, clock_gettime, clockid_t clock, struct timespec *to) {
  (void)clock;
  *to = (struct timespec){(time_t)lfc_time(), 0};
  return 0;
}
WRAP(int, timespec_get, struct timespec *to, int base) {
  *to = (struct timespec){(time_t)lfc_time(), 0};
  return base;
}
WRAP(int, gettimeofday, struct timeval *to, void *zone) {
  (void)zone;
  *to = (struct timeval){(time_t)lfc_time(), 0};
  return 0;
}
WRAP(time_t, time, time_t *to) {
  const time_t now = (time_t)lfc_time();
  if (to) *to = now;
  return now;
}
WRAP(clock_t, clock, void) { return (clock_t)(lfc_time() - BEGIN) * CLOCKS_PER_SEC; }

/* ---- chance: a generator in each thread; nobody else's draws change it ---- */

static uint64_t draw(void) { /* splitmix64, Steele, Lea, Flood 2014 */
  uint64_t z = lfc_own_state()->random += 0x9E3779B97F4A7C15u;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return z ^ z >> 31;
}
static void fill(void *to, size_t n) {
  for (size_t i = 0; i < n; i++) ((unsigned char *)to)[i] = (unsigned char)draw();
}
uint32_t lfc_random(void) { return (uint32_t)draw(); }

WRAP(int, rand, void) { return (int)(draw() >> 33); }
WRAP(long, random, void) { return (long)(draw() >> 33); }
WRAP(void, srand, unsigned seed) { lfc_own_state()->random = seed; }
WRAP(void, srandom, unsigned seed) { lfc_own_state()->random = seed; }
WRAP(ssize_t, getrandom, void *to, size_t n, unsigned flags) {
  (void)flags;
  fill(to, n);
  return (ssize_t)n;
}
WRAP(int, getentropy, void *to, size_t n) {
  fill(to, n);
  return 0;
}
WRAP(pid_t, getpid, void) { return 1000; }
WRAP(pid_t, gettid, void) { return 1000 + lfc.current; }

/* ---- futex ---- */

/* The queue of a word, found by its address; one found once stays, so that it lies where it lay in every run. */
static uintptr_t queue_of(const uint32_t *word, uint32_t site) {
  enum { QUEUES = 1024 };
  static struct {
    const uint32_t *word;
    uint32_t generation;
  } known[QUEUES];
  static _Alignas(16) unsigned char queue[QUEUES][LFC_WAITERS_BYTES];
  for (size_t n = 0, i = (uintptr_t)word / 4 % QUEUES; n < QUEUES; n++, i = (i + 1) % QUEUES) {
    if (known[i].word != NULL && known[i].word != word) continue;
    known[i].word = word;
    if (known[i].generation != lfc.generation) memset(queue[i], 0, sizeof queue[i]);
    known[i].generation = lfc.generation;
    return (uintptr_t)queue[i];
  }
  lfc_defect(LFC_V_UNSUPPORTED, site, "more than %d futexes", QUEUES);
}

/* That a wait enters the queue before it looks at the word is the kernel's bucket lock: a wake-up is before the look,
 * which then sees what it was for, or finds the waiter. Time does not pass: who waits with a time-out waits. */
bool lfc_futex_wait(uint32_t *word, uint32_t value, uint32_t site) {
  const uintptr_t queue = queue_of(word, site);
  lfc_waiters_enter(queue, LFC_ACQ_REL, site);
  if ((uint32_t)lfc_atomic_load((uintptr_t)word, 4, LFC_RELAXED, site, NULL) != value) {
    (void)lfc_waiters_give_up(queue, LFC_ACQ_REL, site);
    return false;
  }
  lfc_waiters_leave(queue, site);
  return true;
}

int lfc_futex_wake(uint32_t *word, int most, uint32_t site) {
  return lfc_waiters_wake(queue_of(word, site), most > LFC_THREADS ? -1 : most, LFC_ACQ_REL, site);
}

static long futex(uint32_t *word, int operation, uint32_t value, uint32_t site) {
  switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET: return lfc_futex_wake(word, (int)value, site);
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
      if (lfc_futex_wait(word, value, site)) return 0;
      errno = EAGAIN;
      return -1;
    default: lfc_defect(LFC_V_UNSUPPORTED, site, "futex operation %d is not modelled", operation & FUTEX_CMD_MASK);
  }
}

WRAP(long, syscall, long number, ...) {
  ENTER;
  const uint32_t site = SITE;
  va_list list;
  va_start(list, number);
  long answer = 0;
  if (!lfc_inside()) {
    answer = number == SYS_gettid ? gettid() : 0;
  } else if (number == SYS_membarrier) {
    const int command = va_arg(list, int);
    if (command & (MEMBARRIER_CMD_PRIVATE_EXPEDITED | MEMBARRIER_CMD_GLOBAL_EXPEDITED | MEMBARRIER_CMD_GLOBAL)) {
      lfc_atomic_fence(LFC_SEQ_CST, LFC_F_HEAVY, site);
    } else {
      lfc_use_membarrier();
    }
  } else if (number == SYS_futex) {
    uint32_t *word = va_arg(list, uint32_t *);
    const int operation = va_arg(list, int);
    answer = futex(word, operation, va_arg(list, uint32_t), site);
  } else if (number == SYS_gettid) {
    answer = 1000 + lfc.current;
  } else if (number != SYS_sched_yield) {
    lfc_defect(LFC_V_UNSUPPORTED, site, "system call %ld is not modelled", number);
  }
  va_end(list);
  return answer;
}
