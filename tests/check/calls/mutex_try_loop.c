/* A loop around trylock waits as lock does. Broken: the lock is never given back. */
#include <sched.h>

#include "threads.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int count;

static void *add(void *unused) {
  while (pthread_mutex_trylock(&mutex)) sched_yield();
  count++;
#ifndef BROKEN
  pthread_mutex_unlock(&mutex);
#endif
  return unused;
}

int main(void) {
  RUN(add, add);
  assert(count == 2);
}
