/* SPDX-License-Identifier: MIT */
/* libc_rwlock.c: read-write locks: at +0 the number of readers, or WRITER; at +4 which thread writes, plus one.
 *
 * Neither side is preferred. One reader's unlock orders another's lock, too: a race that only that hides is not seen.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <time.h>

#include "access.h"
#include "defect.h"
#include "wrap.h"

#define WRITER ((lfc_word)1 << 31)
#define NO_WRITER ((lfc_word)1 << LFC_NONE_OF | WRITER)
#define NOBODY ((lfc_word)1 << LFC_NONE_OF | (uint32_t)-1)

typedef struct {
  uint32_t word, writer;
} rwlock;

static lfc_word one_more(lfc_word old, int thread) {
  (void)thread;
  return old + 1;
}
static lfc_word one_less(lfc_word old, int thread) {
  (void)thread;
  return old - 1;
}
static lfc_word write_locked(lfc_word old, int thread) {
  (void)old;
  (void)thread;
  return WRITER;
}

static int take(pthread_rwlock_t *lock, bool writes, bool waits, int busy, uint32_t site) {
  rwlock *l = (rwlock *)(void *)lock;
  const uintptr_t at = (uintptr_t)&l->word;
  const lfc_word mask = writes ? NOBODY : NO_WRITER;
  lfc_change *change = writes ? write_locked : one_more;
  if (waits) {
    (void)lfc_hidden_when(at, 4, mask, change, LFC_ACQUIRE, site);
  } else if (!lfc_hidden_if(at, 4, mask, change, LFC_ACQUIRE, site, CALLERS_STACK)) {
    return busy;
  }
  if (writes) l->writer = (uint32_t)lfc.current + 1;
  return 0;
}

WRAP(int, pthread_rwlock_init, pthread_rwlock_t *l, const pthread_rwlockattr_t *attributes) {
  ENTER;
  (void)attributes;
  lfc_plain((uintptr_t)l, sizeof *l, true, SITE);
  memset(l, 0, sizeof *l);
  return 0;
}
WRAP(int, pthread_rwlock_destroy, pthread_rwlock_t *l) {
  ENTER;
  lfc_plain((uintptr_t)l, sizeof *l, true, SITE);
  return 0;
}
WRAP(int, pthread_rwlock_unlock, pthread_rwlock_t *lock) {
  ENTER;
  rwlock *l = (rwlock *)(void *)lock;
  if (l->writer == (uint32_t)lfc.current + 1) {
    l->writer = 0;
    lfc_hidden_store((uintptr_t)&l->word, 0, SITE);
  } else {
    if (lfc_inside() && (l->word == 0 || l->word & WRITER))
      lfc_defect(LFC_V_CRASH, SITE, "unlock of a read-write lock that is not held");
    (void)lfc_hidden_update((uintptr_t)&l->word, 4, one_less, LFC_RELEASE, false, SITE);
  }
  return 0;
}
WRAP(int, pthread_rwlock_rdlock, pthread_rwlock_t *l) {
  ENTER;
  return take(l, false, true, 0, SITE);
}
WRAP(int, pthread_rwlock_wrlock, pthread_rwlock_t *l) {
  ENTER;
  return take(l, true, true, 0, SITE);
}
WRAP_TRY(int, pthread_rwlock_tryrdlock, pthread_rwlock_t *l) {
  ENTER;
  return take(l, false, false, EBUSY, SITE);
}
WRAP_TRY(int, pthread_rwlock_trywrlock, pthread_rwlock_t *l) {
  ENTER;
  return take(l, true, false, EBUSY, SITE);
}

#define TIMED(name, writes)                                                \
  WRAP_TRY(int, name, pthread_rwlock_t *l, const struct timespec *until) { \
    ENTER;                                                                 \
    const int answer = take(l, writes, false, ETIMEDOUT, SITE);            \
    if (answer) lfc_time_is_past(until);                                   \
    return answer;                                                         \
  }
#define CLOCKED(name, writes)                                                               \
  WRAP_TRY(int, name, pthread_rwlock_t *l, clockid_t clock, const struct timespec *until) { \
    ENTER;                                                                                  \
    (void)clock;                                                                            \
    const int answer = take(l, writes, false, ETIMEDOUT, SITE);                             \
    if (answer) lfc_time_is_past(until);                                                    \
    return answer;                                                                          \
  }
TIMED(pthread_rwlock_timedrdlock, false)
TIMED(pthread_rwlock_timedwrlock, true)
CLOCKED(pthread_rwlock_clockrdlock, false)
CLOCKED(pthread_rwlock_clockwrlock, true)
