/* SPDX-License-Identifier: MIT */
/* libc_mutex.c: mutexes and spin locks.
 *
 * A mutex is the program's own memory: word at +0 (0 free, 1 taken), owner at +4 (thread + 1), depth at +8, kind at
 * +16, where glibc's static initializers put it. Only the word is an atomic; the rest is its owner's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <threads.h>
#include <time.h>

#include "access.h"
#include "defect.h"
#include "wrap.h"

typedef struct {
  uint32_t word, owner, depth, unused;
  int32_t kind;
} mutex;

static uint32_t me(void) { return (uint32_t)lfc.current + 1; }

static int again(mutex *m, bool waits) {
  if ((m->kind & 3) == PTHREAD_MUTEX_RECURSIVE) return m->depth++, 0;
  if (!waits) return EBUSY;
  return (m->kind & 3) == PTHREAD_MUTEX_ERRORCHECK ? EDEADLK : -1;
}

int lfc_mutex_lock(void *at, uint32_t site) {
  mutex *m = at;
  const int answer = m->owner == me() ? again(m, true) : -1;
  if (answer >= 0) return answer;
  lfc_hidden_lock((uintptr_t)&m->word, site);
  m->owner = me();
  return 0;
}

int lfc_mutex_try(void *at, uint32_t site) {
  mutex *m = at;
  if (m->owner == me()) return again(m, false);
  if (lfc_hidden_try((uintptr_t)&m->word, LFC_RELAXED, site, CALLERS_STACK) != 0) return EBUSY;
  m->owner = me();
  return 0;
}

int lfc_mutex_unlock(void *at, uint32_t site) {
  mutex *m = at;
  if (m->owner != me()) {
    if ((m->kind & 3) == PTHREAD_MUTEX_ERRORCHECK || !lfc_inside()) return EPERM;
    lfc_defect(LFC_V_CRASH, site, "unlock of a mutex by a thread that does not hold it");
  }
  if (m->depth > 0) return m->depth--, 0;
  m->owner = 0;
  lfc_hidden_store((uintptr_t)&m->word, 0, site);
  return 0;
}

static int init(void *at, size_t bytes, int kind, uint32_t site) {
  lfc_plain((uintptr_t)at, bytes, true, site);
  memset(at, 0, bytes);
  ((mutex *)at)->kind = kind;
  return 0;
}

static int destroy(void *at, size_t bytes, uint32_t site) {
  lfc_plain((uintptr_t)at, bytes, true, site);
  if (lfc_inside() && ((mutex *)at)->owner != 0) lfc_defect(LFC_V_CRASH, site, "a mutex is destroyed while it is held");
  return 0;
}

/* ---- POSIX ---- */

WRAP(int, pthread_mutex_init, pthread_mutex_t *m, const pthread_mutexattr_t *attributes) {
  ENTER;
  int kind = PTHREAD_MUTEX_DEFAULT;
  if (attributes) (void)pthread_mutexattr_gettype(attributes, &kind);
  return init(m, sizeof *m, kind, SITE);
}
WRAP(int, pthread_mutex_destroy, pthread_mutex_t *m) {
  ENTER;
  return destroy(m, sizeof *m, SITE);
}
WRAP(int, pthread_mutex_lock, pthread_mutex_t *m) {
  ENTER;
  return lfc_mutex_lock(m, SITE);
}
WRAP_TRY(int, pthread_mutex_trylock, pthread_mutex_t *m) {
  ENTER;
  return lfc_mutex_try(m, SITE);
}
/* It may time out whenever the lock is held. */
static int timed(pthread_mutex_t *m, const struct timespec *until, uint32_t site) {
  if (lfc_mutex_try(m, site) == 0) return 0;
  lfc_time_is_past(until);
  return ETIMEDOUT;
}
WRAP_TRY(int, pthread_mutex_timedlock, pthread_mutex_t *m, const struct timespec *until) {
  ENTER;
  return timed(m, until, SITE);
}
WRAP_TRY(int, pthread_mutex_clocklock, pthread_mutex_t *m, clockid_t clock, const struct timespec *until) {
  ENTER;
  (void)clock;
  return timed(m, until, SITE);
}
WRAP(int, pthread_mutex_unlock, pthread_mutex_t *m) {
  ENTER;
  return lfc_mutex_unlock(m, SITE);
}

/* ---- spin locks: waiting is waiting ---- */

WRAP(int, pthread_spin_init, pthread_spinlock_t *lock, int shared) {
  ENTER;
  (void)shared;
  lfc_plain((uintptr_t)lock, sizeof *lock, true, SITE);
  *lock = 0;
  return 0;
}
WRAP(int, pthread_spin_destroy, pthread_spinlock_t *lock) {
  ENTER;
  lfc_plain((uintptr_t)lock, sizeof *lock, true, SITE);
  return 0;
}
WRAP(int, pthread_spin_lock, pthread_spinlock_t *lock) {
  ENTER;
  lfc_hidden_lock((uintptr_t)lock, SITE);
  return 0;
}
WRAP_TRY(int, pthread_spin_trylock, pthread_spinlock_t *lock) {
  ENTER;
  return lfc_hidden_try((uintptr_t)lock, LFC_RELAXED, SITE, CALLERS_STACK) == 0 ? 0 : EBUSY;
}
WRAP(int, pthread_spin_unlock, pthread_spinlock_t *lock) {
  ENTER;
  lfc_hidden_store((uintptr_t)lock, 0, SITE);
  return 0;
}

/* ---- C11 ---- */

static int c11(int answer) { return answer == 0 ? thrd_success : answer == EBUSY ? thrd_busy : thrd_error; }

WRAP(int, mtx_init, mtx_t *m, int type) {
  ENTER;
  return init(m, sizeof *m, type & mtx_recursive ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_NORMAL, SITE);
}
WRAP(void, mtx_destroy, mtx_t *m) {
  ENTER;
  (void)destroy(m, sizeof *m, SITE);
}
WRAP(int, mtx_lock, mtx_t *m) {
  ENTER;
  return c11(lfc_mutex_lock(m, SITE));
}
WRAP_TRY(int, mtx_trylock, mtx_t *m) {
  ENTER;
  return c11(lfc_mutex_try(m, SITE));
}
WRAP_TRY(int, mtx_timedlock, mtx_t *m, const struct timespec *until) {
  ENTER;
  return timed((pthread_mutex_t *)(void *)m, until, SITE) == 0 ? thrd_success : thrd_timedout;
}
WRAP(int, mtx_unlock, mtx_t *m) {
  ENTER;
  return c11(lfc_mutex_unlock(m, SITE));
}
