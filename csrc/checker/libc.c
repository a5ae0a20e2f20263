/* SPDX-License-Identifier: MIT */
/* libc.c: what the object calls of the C library and what the checker does in its place (linked with --wrap).
 *
 * A mutex's word, once's state and a condition's count are hidden atomics at the object's own address.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/futex.h>
#include <linux/membarrier.h>

#include "access.h"
#include "defect.h"
#include "execution.h"
#include "heap.h"
#include "object.h"
#include "trace.h"
#include "weaken.h"

#define SITE lfc_site(__builtin_return_address(0))
#define ENTER (lfc_frame = __builtin_frame_address(0))
#define WRAP(type, name, ...)      \
  type __wrap_##name(__VA_ARGS__); \
  type __wrap_##name(__VA_ARGS__)

/* ---- threads ---- */

static int create(void *(*body)(void *), void *argument, uint32_t site) {
  int child = 0;
  for (uint16_t i = 0; i < lfc_g.n; i++) /* a number that no thread of the graph has */
    if (lfc_g.event[i].kind == LFC_CREATE && lfc_g.event[i].child > child) child = lfc_g.event[i].child;
  if (++child >= LFC_THREADS) lfc_defect(LFC_V_UNSUPPORTED, site, "more than %d threads", LFC_THREADS);
  const lfc_op op = {.kind = LFC_CREATE, .site = site, .child = (uint8_t)child};
  (void)lfc_step(&op);
  return lfc_new_thread(body, argument);
}

WRAP(int, pthread_create, pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument) {
  ENTER;
  (void)attributes;
  *thread = (pthread_t)create(body, argument, SITE);
  return 0;
}

static int join(pthread_t thread, void **result, uint32_t site) {
  if (thread == 0 || thread >= LFC_THREADS || lfc.thread[thread].status == LFC_UNUSED)
    lfc_defect(LFC_V_CRASH, site, "join of what is not a thread");
  lfc_thread *t = &lfc.thread[thread];
  if (t->joined || t->detached) lfc_defect(LFC_V_CRASH, site, "join of a thread that was joined or detached before");
  const lfc_op op = {.kind = LFC_JOIN, .site = site, .child = (uint8_t)thread};
  (void)lfc_step(&op);
  t->joined = true;
  if (result) *result = t->result;
  return 0;
}

WRAP(int, pthread_join, pthread_t thread, void **result) {
  ENTER;
  return join(thread, result, SITE);
}

WRAP(int, pthread_detach, pthread_t thread) {
  if (thread < LFC_THREADS) lfc.thread[thread].detached = true;
  return 0;
}

WRAP(pthread_t, pthread_self, void) { return (pthread_t)lfc.current; }
WRAP(int, pthread_equal, pthread_t a, pthread_t b) { return a == b; }

WRAP(void, pthread_exit, void *result) {
  lfc_self()->result = result;
  lfc_thread_ends();
}

WRAP(int, sched_yield, void) { return 0; }
WRAP(int, usleep, unsigned long microseconds) {
  (void)microseconds;
  return 0;
}
WRAP(int, nanosleep, const struct timespec *wanted, struct timespec *left) {
  (void)wanted;
  (void)left;
  return 0;
}
WRAP(unsigned, sleep, unsigned seconds) {
  (void)seconds;
  return 0;
}

/* ---- mutexes: word at +0 (0 free, 1 taken), owner at +4 (thread + 1), depth at +8, kind at +16 as glibc has it ---- */

typedef struct {
  uint32_t word, owner, depth, unused;
  int32_t kind;
} mutex;

static int lock(mutex *m, bool wait, uint32_t site) {
  const uint32_t me = (uint32_t)lfc.current + 1;
  if (m->owner == me) {
    if ((m->kind & 3) == PTHREAD_MUTEX_RECURSIVE) return m->depth++, 0;
    if (!wait) return EBUSY;
    if ((m->kind & 3) == PTHREAD_MUTEX_ERRORCHECK) return EDEADLK;
  }
  if (wait) {
    lfc_hidden_lock((uintptr_t)&m->word, site);
  } else if (!lfc_hidden_try((uintptr_t)&m->word, site)) {
    return EBUSY;
  }
  m->owner = me;
  return 0;
}

static int unlock(mutex *m, uint32_t site) {
  if (m->owner != (uint32_t)lfc.current + 1)
    lfc_defect(LFC_V_CRASH, site, "unlock of a mutex by a thread that does not hold it");
  if (m->depth > 0) return m->depth--, 0;
  m->owner = 0;
  lfc_hidden_store((uintptr_t)&m->word, 0, site);
  return 0;
}

WRAP(int, pthread_mutex_init, pthread_mutex_t *m, const pthread_mutexattr_t *attributes) {
  ENTER;
  lfc_plain((uintptr_t)m, sizeof *m, true, SITE);
  memset(m, 0, sizeof *m);
  int kind = PTHREAD_MUTEX_DEFAULT;
  if (attributes) (void)pthread_mutexattr_gettype(attributes, &kind);
  ((mutex *)(void *)m)->kind = kind;
  return 0;
}
WRAP(int, pthread_mutex_destroy, pthread_mutex_t *m) {
  ENTER;
  lfc_plain((uintptr_t)m, sizeof *m, true, SITE);
  return 0;
}
WRAP(int, pthread_mutex_lock, pthread_mutex_t *m) {
  ENTER;
  return lock((mutex *)(void *)m, true, SITE);
}
WRAP(int, pthread_mutex_trylock, pthread_mutex_t *m) {
  ENTER;
  return lock((mutex *)(void *)m, false, SITE);
}
WRAP(int, pthread_mutex_unlock, pthread_mutex_t *m) {
  ENTER;
  return unlock((mutex *)(void *)m, SITE);
}

/* ---- conditions: the number of calls at +0 ---- */

/* A waiter waits for a call that comes after it began to wait; any such call wakes it, which POSIX allows. So a notify
 * that came too early is seen as lost, and a signal that should have been a broadcast is not. */
typedef struct {
  uint32_t calls;
} condition;

WRAP(int, pthread_cond_init, pthread_cond_t *c, const pthread_condattr_t *attributes) {
  ENTER;
  (void)attributes;
  lfc_plain((uintptr_t)c, sizeof *c, true, SITE);
  memset(c, 0, sizeof *c);
  return 0;
}
WRAP(int, pthread_cond_destroy, pthread_cond_t *c) {
  ENTER;
  lfc_plain((uintptr_t)c, sizeof *c, true, SITE);
  return 0;
}
static int cond_wait(pthread_cond_t *c, pthread_mutex_t *m, uint32_t site) {
  condition *k = (condition *)(void *)c;
  const uint32_t calls = lfc_hidden_load((uintptr_t)&k->calls, site);
  (void)unlock((mutex *)(void *)m, site);
  lfc_hidden_await((uintptr_t)&k->calls, calls, site);
  return lock((mutex *)(void *)m, true, site);
}
WRAP(int, pthread_cond_wait, pthread_cond_t *c, pthread_mutex_t *m) {
  ENTER;
  return cond_wait(c, m, SITE);
}
WRAP(int, pthread_cond_timedwait, pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *until) {
  ENTER;
  (void)until; /* time does not pass: what only a time-out would end is a lost wake-up */
  return cond_wait(c, m, SITE);
}
static int cond_call(pthread_cond_t *c, uint32_t site) {
  (void)lfc_hidden_add((uintptr_t) & ((condition *)(void *)c)->calls, 1, site);
  return 0;
}
WRAP(int, pthread_cond_signal, pthread_cond_t *c) {
  ENTER;
  return cond_call(c, SITE);
}
WRAP(int, pthread_cond_broadcast, pthread_cond_t *c) {
  ENTER;
  return cond_call(c, SITE);
}

/* ---- once ---- */

WRAP(int, pthread_once, pthread_once_t *once, void (*body)(void)) {
  ENTER;
  const uint32_t site = SITE;
  if (lfc_hidden_load((uintptr_t)once, site) == 2) return 0;
  if (lfc_hidden_try((uintptr_t)once, site)) {
    body();
    lfc_hidden_store((uintptr_t)once, 2, site);
  } else {
    lfc_hidden_await((uintptr_t)once, 1, site);
  }
  return 0;
}

/* ---- memory ---- */

WRAP(void *, malloc, size_t n) {
  if (!lfc_inside()) return malloc(n);
  ENTER;
  return lfc_heap_new(n, 0, false, SITE);
}
WRAP(void *, calloc, size_t n, size_t size) {
  if (!lfc_inside()) return calloc(n, size);
  ENTER;
  if (size && n > (size_t)-1 / size) return NULL;
  return lfc_heap_new(n * size, 0, true, SITE);
}
WRAP(void *, aligned_alloc, size_t alignment, size_t n) {
  if (!lfc_inside()) return aligned_alloc(alignment, n);
  ENTER;
  return lfc_heap_new(n, alignment, false, SITE);
}
WRAP(int, posix_memalign, void **to, size_t alignment, size_t n) {
  if (!lfc_inside()) return posix_memalign(to, alignment, n);
  ENTER;
  *to = lfc_heap_new(n, alignment, false, SITE);
  return *to ? 0 : ENOMEM;
}
WRAP(void, free, void *p) {
  if (!lfc_inside()) {
    if (lfc_heap_size(p) == 0) free(p);
    return;
  }
  ENTER;
  lfc_heap_free(p, SITE);
}
WRAP(void *, realloc, void *p, size_t n) {
  if (!lfc_inside()) return realloc(p, n);
  ENTER;
  void *to = lfc_heap_new(n, 0, false, SITE);
  const size_t old = lfc_heap_size(p), common = old < n ? old : n;
  if (to == NULL || p == NULL) return to;
  lfc_plain((uintptr_t)p, common, false, SITE);
  lfc_plain((uintptr_t)to, common, true, SITE);
  memcpy(to, p, common);
  lfc_heap_free(p, SITE);
  return to;
}

WRAP(void *, memcpy, void *to, const void *from, size_t n) {
  ENTER;
  lfc_plain((uintptr_t)from, n, false, SITE);
  lfc_plain((uintptr_t)to, n, true, SITE);
  return memcpy(to, from, n);
}
WRAP(void *, memmove, void *to, const void *from, size_t n) {
  ENTER;
  lfc_plain((uintptr_t)from, n, false, SITE);
  lfc_plain((uintptr_t)to, n, true, SITE);
  return memmove(to, from, n);
}
WRAP(void *, memset, void *to, int byte, size_t n) {
  ENTER;
  lfc_plain((uintptr_t)to, n, true, SITE);
  return memset(to, byte, n);
}
WRAP(int, memcmp, const void *a, const void *b, size_t n) {
  ENTER;
  lfc_plain((uintptr_t)a, n, false, SITE);
  lfc_plain((uintptr_t)b, n, false, SITE);
  return memcmp(a, b, n);
}

/* ---- ends ---- */

WRAP(void, __assert_fail, const char *text, const char *file, unsigned line, const char *function) {
  ENTER;
  (void)function;
  const char *slash = strrchr(file, '/');
  lfc_defect(LFC_V_ASSERTION, SITE, "assertion failed: %s (%s:%u)", text, slash ? slash + 1 : file, line);
}
WRAP(void, abort, void) {
  ENTER;
  lfc_defect(LFC_V_ASSERTION, SITE, "the program called abort()");
}
WRAP(void, exit, int status) {
  ENTER;
  if (status != 0) lfc_defect(LFC_V_ASSERTION, SITE, "the program called exit(%d)", status);
  lfc_thread_ends();
}

/* ---- system calls that our eventcount makes ---- */

/* futex: a word of its own, beside the user's, counts wake-ups. That a wait takes part in the count before it looks at
 * the user's word is the kernel's bucket lock: a wake-up is before the look, which then sees what it was for, or after
 * the wait began. */
static long futex(uint32_t *word, int operation, uint32_t value, uint32_t site) {
  static uint32_t queue[1024]; /* by address; two in one queue would be woken together, which futexes allow */
  static uint32_t generation;
  if (generation != lfc.generation) memset(queue, 0, sizeof queue);
  generation = lfc.generation;
  const uintptr_t calls_at = (uintptr_t)&queue[(uintptr_t)word / 4 % 1024];
  const int command = operation & FUTEX_CMD_MASK;
  if (command == FUTEX_WAKE) return lfc_hidden_add(calls_at, 1, site), 1;
  if (command != FUTEX_WAIT) lfc_defect(LFC_V_UNSUPPORTED, site, "futex operation %d is not modelled", command);
  const uint32_t calls = lfc_hidden_add(calls_at, 0, site);
  if ((uint32_t)lfc_atomic_load((uintptr_t)word, 4, LFC_RELAXED, site, NULL) != value) return errno = EAGAIN, -1;
  lfc_hidden_await(calls_at, calls, site);
  return 0;
}

WRAP(long, syscall, long number, ...) {
  ENTER;
  const uint32_t site = SITE;
  va_list list;
  va_start(list, number);
  long answer = 0;
  if (number == SYS_membarrier) {
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
    answer = lfc.current + 1;
  } else if (number != SYS_sched_yield) {
    lfc_defect(LFC_V_UNSUPPORTED, site, "system call %ld is not modelled", number);
  }
  va_end(list);
  return answer;
}
