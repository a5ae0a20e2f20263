/* SPDX-License-Identifier: MIT */
/* libc_semaphore.c: unnamed semaphores (their value at +0) and barriers. */
#define _GNU_SOURCE
#include <errno.h>
#include <semaphore.h>
#include <string.h>
#include <time.h>

#include "access.h"
#include "defect.h"
#include "wrap.h"

#define SOME ((lfc_word)(uint32_t)-1)

static lfc_word one_less(lfc_word old, int thread) {
  (void)thread;
  return old - 1;
}

WRAP(int, sem_init, sem_t *s, int shared, unsigned value) {
  ENTER;
  (void)shared;
  lfc_plain((uintptr_t)s, sizeof *s, true, SITE);
  memset(s, 0, sizeof *s);
  memcpy(s, &value, sizeof value);
  return 0;
}
WRAP(int, sem_destroy, sem_t *s) {
  ENTER;
  lfc_plain((uintptr_t)s, sizeof *s, true, SITE);
  return 0;
}
WRAP(int, sem_post, sem_t *s) {
  ENTER;
  (void)lfc_hidden_add((uintptr_t)s, 1, SITE);
  return 0;
}
WRAP(int, sem_wait, sem_t *s) {
  ENTER;
  (void)lfc_hidden_when((uintptr_t)s, 4, SOME, one_less, LFC_ACQUIRE, SITE);
  return 0;
}
static int try_wait(sem_t *s, int busy, uint32_t site) {
  if (lfc_hidden_if((uintptr_t)s, 4, SOME, one_less, LFC_ACQUIRE, site, CALLERS_STACK)) return 0;
  errno = busy;
  return -1;
}
WRAP_TRY(int, sem_trywait, sem_t *s) {
  ENTER;
  return try_wait(s, EAGAIN, SITE);
}
WRAP_TRY(int, sem_timedwait, sem_t *s, const struct timespec *until) {
  ENTER;
  const int answer = try_wait(s, ETIMEDOUT, SITE);
  if (answer) lfc_time_is_past(until);
  return answer;
}
WRAP_TRY(int, sem_clockwait, sem_t *s, clockid_t clock, const struct timespec *until) {
  ENTER;
  (void)clock;
  const int answer = try_wait(s, ETIMEDOUT, SITE);
  if (answer) lfc_time_is_past(until);
  return answer;
}
WRAP(int, sem_getvalue, sem_t *s, int *value) {
  ENTER;
  *value = (int)lfc_hidden_load((uintptr_t)s, SITE);
  return 0;
}

/* ---- barriers: arrivals at +0, rounds that are over at +4, threads of a round at +8 ---- */

typedef struct {
  uint32_t arrived, over, threads;
} barrier;

WRAP(int, pthread_barrier_init, pthread_barrier_t *b, const pthread_barrierattr_t *attributes, unsigned threads) {
  ENTER;
  (void)attributes;
  lfc_plain((uintptr_t)b, sizeof *b, true, SITE);
  if (threads == 0) return EINVAL;
  memset(b, 0, sizeof *b);
  ((barrier *)(void *)b)->threads = threads;
  return 0;
}
WRAP(int, pthread_barrier_destroy, pthread_barrier_t *b) {
  ENTER;
  lfc_plain((uintptr_t)b, sizeof *b, true, SITE);
  return 0;
}
WRAP(int, pthread_barrier_wait, pthread_barrier_t *at) {
  ENTER;
  const uint32_t site = SITE;
  barrier *b = (barrier *)(void *)at;
  const uint32_t before = lfc_hidden_add((uintptr_t)&b->arrived, 1, site), round = before / b->threads;
  if (before % b->threads == b->threads - 1) {
    lfc_hidden_store((uintptr_t)&b->over, round + 1, site);
    return PTHREAD_BARRIER_SERIAL_THREAD;
  }
  lfc_hidden_await((uintptr_t)&b->over, round, site);
  return 0;
}
