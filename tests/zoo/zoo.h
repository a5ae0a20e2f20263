/* What every C program of the zoo starts with: threads that are started together and joined. */
#ifndef LOCKFREE_TESTS_ZOO_H
#define LOCKFREE_TESTS_ZOO_H

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

typedef void *zoo_body(void *);

/* Runs each body in a thread of its own and joins them all. */
static inline void zoo_run_all(zoo_body *const *bodies, int count) {
  pthread_t threads[8];
  for (int i = 0; i < count; i++) {
    if (pthread_create(&threads[i], NULL, bodies[i], NULL) != 0) abort();
  }
  for (int i = 0; i < count; i++) (void)pthread_join(threads[i], NULL);
}

#define ZOO_RUN(...)                                                \
  do {                                                              \
    zoo_body *const bodies[] = {__VA_ARGS__};                       \
    zoo_run_all(bodies, (int)(sizeof(bodies) / sizeof(bodies[0]))); \
  } while (0)

#endif
