/* SPDX-License-Identifier: MIT */
/* wrap.h: what the files that stand in for the C and C++ libraries share.
 *
 * WRAP(type, name, ...) defines what the object's calls of `name` reach; wrap.txt must name it too. Outside a run (the
 * loader, destructors at the end) it does the real thing, or nothing.
 */
#ifndef LFC_WRAP_H
#define LFC_WRAP_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "entry.h"
#include "execution.h"
#include "object.h"
#include "trace.h"

#define SITE lfc_site(__builtin_return_address(0))
#define ENTER (lfc_frame = __builtin_frame_address(0))
#define CALLERS_STACK ((const char *)lfc_frame + 16)
#define WRAP(type, name, ...)      \
  type __wrap_##name(__VA_ARGS__); \
  type __wrap_##name(__VA_ARGS__)
/* For a call that a loop may be around, until it answers otherwise. */
#define WRAP_TRY(type, name, ...)              \
  ENTRY(__wrap_##name)                         \
  IN_C type __wrap_##name##_in_c(__VA_ARGS__); \
  type __wrap_##name##_in_c(__VA_ARGS__)

/* What a thread has of the library's state; new in each run. */
enum { LFC_KEYS = 64, LFC_AT_END = 64 };
typedef struct {
  uint32_t generation;
  uint32_t time_outs; /* of timed waits */
  uint64_t seconds;   /* by its own clock */
  uint64_t random;
  void *value[LFC_KEYS]; /* of keys */
  int at_end_count;
  struct {
    void (*call)(void *);
    void *argument;
  } at_end[LFC_AT_END]; /* destructors of its thread-local variables */
} lfc_own;
lfc_own *lfc_own_state(void);
lfc_own *lfc_own_state_of(int thread);

/* A timed wait is over for its time-out: the thread's clock is past that. */
void lfc_time_is_past(const struct timespec *until);
/* One that may be repeated for ever may time out once in each thread; the second time, the execution is of no more
 * interest (as with LF_ASSUME: it is counted as blocked). */
void lfc_times_out(const struct timespec *until);

int lfc_create(void *(*body)(void *), void *argument, uint32_t site); /* the new thread's number */
void lfc_join(int thread, void **result, uint32_t site);
void lfc_detach(int thread, uint32_t site);
_Noreturn void lfc_exit(void *result);

int lfc_mutex_lock(void *mutex, uint32_t site);
int lfc_mutex_try(void *mutex, uint32_t site);
int lfc_mutex_unlock(void *mutex, uint32_t site);

void lfc_condition_init(void *condition, uint32_t site);
void lfc_condition_destroy(void *condition, uint32_t site);
/* False: timed out. NULL: never does. */
bool lfc_condition_wait(void *condition, void *mutex, const struct timespec *until, uint32_t site);
void lfc_condition_signal(void *condition, uint32_t site);
void lfc_condition_broadcast(void *condition, uint32_t site);

void lfc_once(void *once, void (*body)(void), uint32_t site);

/* The site where the object called; where a library did, the nearest place of the object that led there. */
uint32_t lfc_outer_site(const void *return_address);

#endif
