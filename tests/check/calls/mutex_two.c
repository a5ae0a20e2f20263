/* Two mutexes. Broken: taken in opposite orders. */
#include "threads.h"

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;

static void both(pthread_mutex_t *first, pthread_mutex_t *second) {
  pthread_mutex_lock(first);
  pthread_mutex_lock(second);
  pthread_mutex_unlock(second);
  pthread_mutex_unlock(first);
}
static void *one(void *unused) {
  both(&a, &b);
  return unused;
}
static void *two(void *unused) {
#ifdef BROKEN
  both(&b, &a);
#else
  both(&a, &b);
#endif
  return unused;
}

int main(void) { RUN(one, two); }
