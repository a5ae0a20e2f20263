/* Two signals wake two who wait, whichever goes first. Broken: only one is sent. */
#include "threads.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int ready, order[2], woken;

static void *wait(void *number) {
  pthread_mutex_lock(&mutex);
  while (!ready) pthread_cond_wait(&changed, &mutex);
  order[woken++] = *(int *)number;
  pthread_mutex_unlock(&mutex);
  return NULL;
}

int main(void) {
  pthread_t threads[2];
  int numbers[2] = {0, 1};
  for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, wait, &numbers[i]);
  pthread_mutex_lock(&mutex);
  ready = 1;
  pthread_mutex_unlock(&mutex);
  pthread_cond_signal(&changed);
#ifndef BROKEN
  pthread_cond_signal(&changed);
#endif
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  assert(order[0] != order[1]);
}
