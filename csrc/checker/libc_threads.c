/* SPDX-License-Identifier: MIT */
/* libc_threads.c: threads of POSIX and C11: a thread's number is its pthread_t less one, so that none is 0. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <threads.h>
#include <time.h>

#include "access.h"
#include "defect.h"
#include "wrap.h"

static lfc_own own[LFC_THREADS];

lfc_own *lfc_own_state_of(int thread) {
  lfc_own *o = &own[thread];
  if (o->generation != lfc.generation) *o = (lfc_own){.generation = lfc.generation};
  return o;
}
lfc_own *lfc_own_state(void) { return lfc_own_state_of(lfc.current); }

void lfc_times_out(const struct timespec *until) {
  if (!lfc_inside()) return;
  if (lfc_own_state()->time_outs++ > 0) lfc_block(LFC_WAIT_ASSUME);
  lfc_time_is_past(until);
}

/* ---- creating and joining ---- */

int lfc_create(void *(*body)(void *), void *argument, uint32_t site) {
  int child = 0;
  for (uint16_t i = 0; i < lfc_g.n; i++) /* a number that no thread of the graph has */
    if (lfc_g.event[i].kind == LFC_CREATE && lfc_g.event[i].child > child) child = lfc_g.event[i].child;
  if (++child >= LFC_THREADS) lfc_defect(LFC_V_UNSUPPORTED, site, "more than %d threads", LFC_THREADS);
  const lfc_op op = {.kind = LFC_CREATE, .site = site, .child = (uint8_t)child};
  (void)lfc_step(&op);
  return lfc_new_thread(body, argument);
}

static lfc_thread *known(int thread, const char *what, uint32_t site) {
  if (thread < 0 || thread >= LFC_THREADS || lfc.thread[thread].status == LFC_UNUSED)
    lfc_defect(LFC_V_CRASH, site, "%s of what is not a thread", what);
  lfc_thread *t = &lfc.thread[thread];
  if (t->joined || t->detached)
    lfc_defect(LFC_V_CRASH, site, "%s of a thread that was joined or detached before", what);
  return t;
}

void lfc_join(int thread, void **result, uint32_t site) {
  lfc_thread *t = known(thread, "join", site);
  const lfc_op op = {.kind = LFC_JOIN, .site = site, .child = (uint8_t)thread};
  (void)lfc_step(&op);
  t->joined = true;
  if (result) *result = t->result;
}

void lfc_detach(int thread, uint32_t site) { known(thread, "detach", site)->detached = true; }

_Noreturn void lfc_exit(void *result) {
  lfc_self()->result = result;
  lfc_thread_ends();
}

/* ---- POSIX ---- */

WRAP(int, pthread_create, pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument) {
  if (!lfc_inside()) return EAGAIN;
  ENTER;
  int detached = PTHREAD_CREATE_JOINABLE;
  if (attributes) (void)pthread_attr_getdetachstate(attributes, &detached);
  const uint32_t site = SITE;
  const int child = lfc_create(body, argument, site);
  *thread = (pthread_t)child + 1;
  if (detached == PTHREAD_CREATE_DETACHED) lfc_detach(child, site);
  return 0;
}

WRAP(int, pthread_join, pthread_t thread, void **result) {
  if (!lfc_inside()) return ESRCH;
  ENTER;
  lfc_join((int)thread - 1, result, SITE);
  return 0;
}

WRAP(int, pthread_detach, pthread_t thread) {
  if (!lfc_inside()) return ESRCH;
  ENTER;
  lfc_detach((int)thread - 1, SITE);
  return 0;
}

WRAP(pthread_t, pthread_self, void) { return lfc_inside() ? (pthread_t)lfc.current + 1 : pthread_self(); }
WRAP(int, pthread_equal, pthread_t a, pthread_t b) { return a == b; }
WRAP(void, pthread_exit, void *result) {
  if (!lfc_inside()) pthread_exit(result);
  lfc_exit(result);
}

/* What changes nothing here: names, places, priorities, cancellation that nobody asks for. */
#define NOTHING(name)      \
  int __wrap_##name(void); \
  int __wrap_##name(void) { return 0; }
NOTHING(pthread_setname_np)
NOTHING(pthread_setaffinity_np)
NOTHING(pthread_setschedparam)
NOTHING(pthread_setschedprio)
NOTHING(pthread_setcancelstate)
NOTHING(pthread_setcanceltype)
NOTHING(pthread_testcancel)
NOTHING(pthread_sigmask)
NOTHING(pthread_atfork)
NOTHING(sched_yield)
NOTHING(sched_setaffinity)
NOTHING(sched_getcpu)
NOTHING(usleep)
NOTHING(sleep)
NOTHING(nanosleep)
NOTHING(clock_nanosleep)

/* ---- C11 ---- */

static struct {
  thrd_start_t body;
  void *argument;
} start[LFC_THREADS];

static void *run(void *unused) {
  (void)unused;
  const intptr_t result = start[lfc.current].body(start[lfc.current].argument);
  return (void *)result;
}

WRAP(int, thrd_create, thrd_t *thread, thrd_start_t body, void *argument) {
  if (!lfc_inside()) return thrd_error;
  ENTER;
  const int child = lfc_create(run, NULL, SITE);
  start[child].body = body;
  start[child].argument = argument;
  *thread = (thrd_t)child + 1;
  return thrd_success;
}

WRAP(int, thrd_join, thrd_t thread, int *result) {
  if (!lfc_inside()) return thrd_error;
  ENTER;
  void *got;
  lfc_join((int)thread - 1, &got, SITE);
  if (result) *result = (int)(intptr_t)got;
  return thrd_success;
}

WRAP(int, thrd_detach, thrd_t thread) {
  if (!lfc_inside()) return thrd_error;
  ENTER;
  lfc_detach((int)thread - 1, SITE);
  return thrd_success;
}

WRAP(thrd_t, thrd_current, void) { return lfc_inside() ? (thrd_t)lfc.current + 1 : thrd_current(); }
WRAP(int, thrd_equal, thrd_t a, thrd_t b) { return a == b; }
WRAP(void, thrd_exit, int result) {
  if (!lfc_inside()) thrd_exit(result);
  lfc_exit((void *)(intptr_t)result);
}
NOTHING(thrd_yield)
NOTHING(thrd_sleep)
