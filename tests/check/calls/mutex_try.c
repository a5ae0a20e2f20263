/* trylock: taken, or found busy. Broken: goes on as if it had been taken. */
#include "threads.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int count;

static void *add(void *unused) {
  const int busy = pthread_mutex_trylock(&mutex);
#ifndef BROKEN
  if (busy) return unused;
#endif
  count++;
  if (!busy) pthread_mutex_unlock(&mutex);
  return unused;
}

int main(void) {
  RUN(add, add);
  assert(count == 1 || count == 2);
}
