/* A value of each thread, destroyed at its end. Broken: nobody destroys it. */
#include <stdlib.h>

#include "threads.h"

static pthread_key_t key;

static void *use(void *unused) {
  int *mine = malloc(sizeof *mine);
  assert(pthread_getspecific(key) == NULL);
  *mine = 1;
  pthread_setspecific(key, mine);
  assert(pthread_getspecific(key) == mine);
  return unused;
}

int main(void) {
#ifdef BROKEN
  pthread_key_create(&key, NULL);
#else
  pthread_key_create(&key, free);
#endif
  RUN(use, use);
  pthread_key_delete(key);
}
