/* Two units for three threads: never three inside. Broken: three units. */
#include <semaphore.h>
#include <stdatomic.h>

#include "threads.h"

static sem_t units;
static atomic_int inside;

static void *use(void *unused) {
  sem_wait(&units);
  assert(atomic_fetch_add(&inside, 1) < 2);
  atomic_fetch_sub(&inside, 1);
  sem_post(&units);
  return unused;
}

int main(void) {
#ifdef BROKEN
  sem_init(&units, 0, 3);
#else
  sem_init(&units, 0, 2);
#endif
  RUN(use, use, use);
}
