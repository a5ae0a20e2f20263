/* A mutex that lives on the heap. Broken: destroyed while it is held. */
#include <stdlib.h>

#include "threads.h"

int main(void) {
  pthread_mutex_t *mutex = malloc(sizeof *mutex);
  pthread_mutex_init(mutex, NULL);
  pthread_mutex_lock(mutex);
#ifndef BROKEN
  pthread_mutex_unlock(mutex);
#endif
  pthread_mutex_destroy(mutex);
  free(mutex);
}
