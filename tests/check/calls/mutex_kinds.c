/* Kinds of mutexes. Broken: one that is not recursive is locked again. */
#include <errno.h>

#include "threads.h"

int main(void) {
  pthread_mutexattr_t attributes;
  pthread_mutex_t mutex;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutex_init(&mutex, &attributes);
  assert(pthread_mutex_unlock(&mutex) == EPERM);
  assert(pthread_mutex_lock(&mutex) == 0);
  assert(pthread_mutex_lock(&mutex) == EDEADLK);
  assert(pthread_mutex_unlock(&mutex) == 0);
  pthread_mutex_destroy(&mutex);
#ifndef BROKEN
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
#else
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_NORMAL);
#endif
  pthread_mutex_init(&mutex, &attributes);
  pthread_mutex_lock(&mutex);
  pthread_mutex_lock(&mutex);
  pthread_mutex_unlock(&mutex);
  pthread_mutex_unlock(&mutex);
  pthread_mutex_destroy(&mutex);
}
