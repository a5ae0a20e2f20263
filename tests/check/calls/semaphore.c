/* What was done before post is seen after wait. Broken: doesn't look whether trywait got it. */
#include <semaphore.h>

#include "threads.h"

static sem_t full;
static int data;

static void *put(void *unused) {
  data = 1;
  sem_post(&full);
  return unused;
}
static void *get(void *unused) {
#ifdef BROKEN
  sem_trywait(&full);
#else
  sem_wait(&full);
#endif
  assert(data == 1);
  return unused;
}

int main(void) {
  sem_init(&full, 0, 0);
  RUN(put, get);
}
