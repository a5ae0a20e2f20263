/* Strings are read and written byte by byte. Broken: the lock is missing on one side. */
#include <stdlib.h>
#include <string.h>

#include "threads.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char text[16] = "old";

static void *writes(void *unused) {
  pthread_mutex_lock(&mutex);
  strcpy(text, "newer");
  pthread_mutex_unlock(&mutex);
  return unused;
}
static void *reads(void *unused) {
#ifndef BROKEN
  pthread_mutex_lock(&mutex);
#endif
  char *copy = strdup(text);
  assert(strlen(copy) == 3 || strcmp(copy, "newer") == 0);
  free(copy);
#ifndef BROKEN
  pthread_mutex_unlock(&mutex);
#endif
  return unused;
}

int main(void) { RUN(writes, reads); }
