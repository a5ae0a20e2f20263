/* check.h: what the C tests share: CHECK, seeded random numbers, two threads behind a gate, a length factor. */
#ifndef LOCKFREE_TESTS_CHECK_H
#define LOCKFREE_TESTS_CHECK_H

#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <lockfree/base.h>

/* Prints where and what, with two numbers that tell the case, and ends the program with 1. */
#define CHECK_WITH(condition, a, b)                                                                      \
  do {                                                                                                   \
    if (!(condition)) {                                                                                  \
      fprintf(stderr, "%s:%d: %s is false (%s = %lld, %s = %lld)\n", __FILE__, __LINE__, #condition, #a, \
              (long long)(a), #b, (long long)(b));                                                       \
      exit(1);                                                                                           \
    }                                                                                                    \
  } while (0)
#define CHECK(condition) CHECK_WITH(condition, 0, 0)

/* xorshift64*: the same sequence everywhere. */
static inline uint64_t next_random(uint64_t *state) {
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * 0x2545F4914F6CDD1Dull;
}

static inline uint64_t below(uint64_t *state, uint64_t n) { return next_random(state) % n; }

/* Memory as the structures want it; the last byte is followed by what a sanitizer guards. */
static inline void *aligned_memory(size_t bytes) {
  void *memory = NULL;
  CHECK(posix_memalign(&memory, LF_LINE, bytes) == 0);
  return memory;
}

/* `full` operations, or as many as LF_TEST_SCALE (a fraction such as 0.1) asks for. */
static inline uint64_t scaled(uint64_t full) {
  const char *scale = getenv("LF_TEST_SCALE");
  const double operations = (double)full * (scale != NULL ? atof(scale) : 1.0);
  return operations < 1 ? 1 : (uint64_t)operations;
}

/* Runs both at once, each with `context`; returns when both have. */
static inline void run_both(void *(*left)(void *), void *(*right)(void *), void *context) {
  pthread_t threads[2];
  CHECK(pthread_create(&threads[0], NULL, left, context) == 0);
  CHECK(pthread_create(&threads[1], NULL, right, context) == 0);
  CHECK(pthread_join(threads[0], NULL) == 0);
  CHECK(pthread_join(threads[1], NULL) == 0);
}

/* Between two tries: two threads may share one core. */
static inline void breathe(unsigned *tries) {
  if (++*tries % 64 == 0) {
    sched_yield();
  } else {
    lf_pause();
  }
}

#endif
