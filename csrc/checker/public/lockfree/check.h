/* SPDX-License-Identifier: MIT */
/* check.h: what a program may tell the checker. Nothing here is needed: a `main` with pthreads is checked as it is.
 *
 *   LF_SCENARIO(two_pushes) {             a test of its own; a file may hold many, each checked apart
 *     lf_thread a = lf_spawn(push, ring), b = lf_spawn(pop, ring);
 *     lf_join(a), lf_join(b);
 *     assert(...);
 *   }
 *
 * Outside the checker (an ordinary build, linked without it) every call here does nothing but lf_spawn and lf_join,
 * which are pthread_create and pthread_join, and a scenario is a function that nobody calls.
 *
 * Who may call what at once: everything, everybody, from code under test.
 */
#ifndef LOCKFREE_CHECK_H
#define LOCKFREE_CHECK_H

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Adds a value to what this execution ends with; the checker counts executions by the list of values. Call it from the
 * main thread, after the joins. `lockfree litmus` shows a state by it. */
void lf_check_observe(uint64_t value) __attribute__((weak));

/* This execution is of no interest: it is counted as blocked, and judged no further. */
void lf_check_assume(int condition) __attribute__((weak));

/* An operation of the object under test begins and ends; the history is judged by a sequential specification.
 * Both strings are literals: `operation` is "push", "pop", "close", ...; `answer` is "ok", "full", "empty", "busy",
 * "closed". An operation that has begun and not ended is pending. One at a time in each thread. */
void lf_check_invoke(const char *operation, uint64_t argument) __attribute__((weak));
void lf_check_return(const char *answer, uint64_t value) __attribute__((weak));

/* What the runner was given by --input, the same in every execution, and how many bytes; NULL: nothing. A scenario that
 * reads it is compiled once and stands for many programs. */
const void *lf_check_input(size_t *bytes) __attribute__((weak));

/* True while the checker runs this program. */
static inline int lf_check_running(void) { return lf_check_observe != NULL; }

#define LF_OBSERVE(value) (lf_check_observe ? lf_check_observe((uint64_t)(value)) : (void)0)
#define LF_ASSUME(condition) (lf_check_assume ? lf_check_assume(!!(condition)) : (void)0)
#define LF_INVOKE(operation, argument) (lf_check_invoke ? lf_check_invoke(operation, (uint64_t)(argument)) : (void)0)
#define LF_RETURN(answer, value) (lf_check_return ? lf_check_return(answer, (uint64_t)(value)) : (void)0)

#define LF_INPUT(bytes) (lf_check_input ? lf_check_input(bytes) : (*(bytes) = 0, (const void *)NULL))

#define LF_SCENARIO(name)        \
  void lf_scenario_##name(void); \
  void lf_scenario_##name(void)

typedef pthread_t lf_thread;

static inline lf_thread lf_spawn(void *(*body)(void *), void *argument) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, body, argument) != 0) abort();
  return thread;
}

static inline void lf_join(lf_thread thread) { (void)pthread_join(thread, NULL); }

#ifdef __cplusplus
}
#endif

#endif
