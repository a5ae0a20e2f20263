/* Whoever was called last destroys. Broken: it was not called, and it is destroyed under a thread that waits. */
#include <stdlib.h>

#include "threads.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t *changed;
static int waits, ready;

static void *wait(void *unused) {
  pthread_mutex_lock(&mutex);
  waits = 1;
  while (!ready) pthread_cond_wait(changed, &mutex);
  pthread_mutex_unlock(&mutex);
  return unused;
}
static void *call(void *unused) {
  pthread_mutex_lock(&mutex);
  const int one_waits = waits;
  ready = 1;
#ifndef BROKEN
  if (one_waits) pthread_cond_broadcast(changed);
#endif
  pthread_mutex_unlock(&mutex);
  if (one_waits) {
    pthread_cond_destroy(changed);
    free(changed);
    changed = NULL;
  }
  return unused;
}

int main(void) {
  changed = malloc(sizeof *changed);
  pthread_cond_init(changed, NULL);
  RUN(wait, call);
  if (changed) pthread_cond_destroy(changed), free(changed);
}
