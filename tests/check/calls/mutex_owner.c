/* Whoever locks unlocks. Broken: another thread does. */
#include "threads.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void *unlock(void *unused) {
#ifdef BROKEN
  pthread_mutex_unlock(&mutex);
#endif
  return unused;
}

int main(void) {
  pthread_mutex_lock(&mutex);
  RUN(unlock);
#ifndef BROKEN
  pthread_mutex_unlock(&mutex);
#endif
}
