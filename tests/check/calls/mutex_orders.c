/* Three critical sections: 3! orders. Broken: no lock. */
#include "threads.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int count;

static void *add(void *unused) {
#ifndef BROKEN
  pthread_mutex_lock(&mutex);
#endif
  count++;
#ifndef BROKEN
  pthread_mutex_unlock(&mutex);
#endif
  return unused;
}

int main(void) {
  RUN(add, add, add);
  assert(count == 3);
}
