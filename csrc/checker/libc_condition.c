/* SPDX-License-Identifier: MIT */
/* libc_condition.c: condition variables: a queue (waiters.h) at the variable's own address.
 *
 * A signal wakes one of those who wait then, each one in some execution; a call that nobody waits for is lost. Nobody
 * wakes up for nothing, which POSIX would allow. The calls order nothing by themselves: the mutex does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <threads.h>
#include <time.h>

#include "access.h"
#include "defect.h"
#include "waiters.h"
#include "wrap.h"

void lfc_condition_init(void *c, uint32_t site) {
  lfc_plain((uintptr_t)c, sizeof(pthread_cond_t), true, site);
  memset(c, 0, sizeof(pthread_cond_t));
}

void lfc_condition_destroy(void *c, uint32_t site) {
  if (!lfc_inside()) return;
  if (lfc_waiters_drain((uintptr_t)c, site))
    lfc_defect(LFC_V_CRASH, site, "a condition variable is destroyed while a thread waits on it");
  lfc_plain((uintptr_t)c, sizeof(pthread_cond_t), true, site);
}

bool lfc_condition_wait(void *c, void *mutex, const struct timespec *until, uint32_t site) {
  const uintptr_t at = (uintptr_t)c;
  bool woken = true;
  lfc_waiters_enter(at, LFC_RELAXED, site);
  (void)lfc_mutex_unlock(mutex, site);
  if (until == NULL) {
    lfc_waiters_leave(at, site);
  } else if (!lfc_waiters_leave_if_woken(at, site)) {
    lfc_times_out(until);
    woken = lfc_waiters_give_up(at, LFC_RELEASE, site);
  }
  (void)lfc_mutex_lock(mutex, site);
  return woken;
}

void lfc_condition_signal(void *c, uint32_t site) { (void)lfc_waiters_wake((uintptr_t)c, 1, LFC_RELAXED, site); }
void lfc_condition_broadcast(void *c, uint32_t site) { (void)lfc_waiters_wake((uintptr_t)c, -1, LFC_RELAXED, site); }

/* ---- POSIX ---- */

WRAP(int, pthread_cond_init, pthread_cond_t *c, const pthread_condattr_t *attributes) {
  ENTER;
  (void)attributes;
  lfc_condition_init(c, SITE);
  return 0;
}
WRAP(int, pthread_cond_destroy, pthread_cond_t *c) {
  ENTER;
  lfc_condition_destroy(c, SITE);
  return 0;
}
WRAP(int, pthread_cond_wait, pthread_cond_t *c, pthread_mutex_t *m) {
  ENTER;
  (void)lfc_condition_wait(c, m, NULL, SITE);
  return 0;
}
WRAP(int, pthread_cond_timedwait, pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *until) {
  ENTER;
  return lfc_condition_wait(c, m, until, SITE) ? 0 : ETIMEDOUT;
}
WRAP(int, pthread_cond_clockwait, pthread_cond_t *c, pthread_mutex_t *m, clockid_t clock,
     const struct timespec *until) {
  ENTER;
  (void)clock;
  return lfc_condition_wait(c, m, until, SITE) ? 0 : ETIMEDOUT;
}
WRAP(int, pthread_cond_signal, pthread_cond_t *c) {
  ENTER;
  lfc_condition_signal(c, SITE);
  return 0;
}
WRAP(int, pthread_cond_broadcast, pthread_cond_t *c) {
  ENTER;
  lfc_condition_broadcast(c, SITE);
  return 0;
}

/* ---- C11 ---- */

_Static_assert(sizeof(cnd_t) == sizeof(pthread_cond_t), "one layout");

WRAP(int, cnd_init, cnd_t *c) {
  ENTER;
  lfc_condition_init(c, SITE);
  return thrd_success;
}
WRAP(void, cnd_destroy, cnd_t *c) {
  ENTER;
  lfc_condition_destroy(c, SITE);
}
WRAP(int, cnd_wait, cnd_t *c, mtx_t *m) {
  ENTER;
  (void)lfc_condition_wait(c, m, NULL, SITE);
  return thrd_success;
}
WRAP(int, cnd_timedwait, cnd_t *c, mtx_t *m, const struct timespec *until) {
  ENTER;
  return lfc_condition_wait(c, m, until, SITE) ? thrd_success : thrd_timedout;
}
WRAP(int, cnd_signal, cnd_t *c) {
  ENTER;
  lfc_condition_signal(c, SITE);
  return thrd_success;
}
WRAP(int, cnd_broadcast, cnd_t *c) {
  ENTER;
  lfc_condition_broadcast(c, SITE);
  return thrd_success;
}
