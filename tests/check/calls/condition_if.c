/* Whoever is woken looks again. Broken: `if` for `while`; another may have taken what it was woken for. */
#include "threads.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int items;

static void *take(void *unused) {
  pthread_mutex_lock(&mutex);
#ifdef BROKEN
  if (items == 0) pthread_cond_wait(&changed, &mutex);
#else
  while (items == 0) pthread_cond_wait(&changed, &mutex);
#endif
  assert(items > 0);
  items--;
  pthread_mutex_unlock(&mutex);
  return unused;
}
static void *put(void *unused) {
  for (int i = 0; i < 2; i++) {
    pthread_mutex_lock(&mutex);
    items++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
  }
  return unused;
}

int main(void) {
  RUN(take, take, put);
  assert(items == 0);
}
