/* Threads of a program whose executions are counted: started together, joined, each with its number as argument. */
#ifndef LOCKFREE_TESTS_COUNTS_THREADS_H
#define LOCKFREE_TESTS_COUNTS_THREADS_H

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define STORE(where, value, order) atomic_store_explicit(&(where), value, memory_order_##order)
#define LOAD(where, order) atomic_load_explicit(&(where), memory_order_##order)

typedef void *thread_body(void *);

static int thread_numbers[32];

static inline void run_bodies(thread_body *const *bodies, int count) {
  pthread_t threads[32];
  for (int i = 0; i < count; i++) {
    thread_numbers[i] = i;
    if (pthread_create(&threads[i], NULL, bodies[i], &thread_numbers[i]) != 0) abort();
  }
  for (int i = 0; i < count; i++) (void)pthread_join(threads[i], NULL);
}

#define RUN(...)                                                   \
  do {                                                             \
    thread_body *const bodies[] = {__VA_ARGS__};                   \
    run_bodies(bodies, (int)(sizeof(bodies) / sizeof(bodies[0]))); \
  } while (0)

/* One `first`, then `count` of `rest`: those get the numbers 1 to count. */
static inline void run_one_and_many(thread_body *first, thread_body *rest, int count) {
  thread_body *bodies[32] = {first};
  for (int i = 0; i < count; i++) bodies[i + 1] = rest;
  run_bodies(bodies, count + 1);
}

static inline void run_many(thread_body *body, int count) {
  thread_body *bodies[32];
  for (int i = 0; i < count; i++) bodies[i] = body;
  run_bodies(bodies, count);
}

static inline int number(void *argument) { return *(int *)argument; }

#endif
