/* A wait with a time-out ends, called or not. Broken: trusts that it is called. */
#include <errno.h>
#include <time.h>

#include "threads.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int ready;

static void *wait(void *unused) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  pthread_mutex_lock(&mutex);
  int answer = 0;
  while (!ready && answer == 0) answer = pthread_cond_timedwait(&changed, &mutex, &until);
#ifdef BROKEN
  assert(answer == 0);
#endif
  assert(ready || answer == ETIMEDOUT);
  pthread_mutex_unlock(&mutex);
  return unused;
}
static void *call(void *unused) {
  pthread_mutex_lock(&mutex);
  ready = 1;
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&mutex);
  return unused;
}

int main(void) { RUN(wait, call); }
