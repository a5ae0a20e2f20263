/* Two readers may be inside at once, and meet there at a barrier. Broken: they lock as writers. */
#include "threads.h"

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t inside;

static void *reads(void *unused) {
#ifdef BROKEN
  pthread_rwlock_wrlock(&lock);
#else
  pthread_rwlock_rdlock(&lock);
#endif
  pthread_barrier_wait(&inside);
  pthread_rwlock_unlock(&lock);
  return unused;
}

int main(void) {
  pthread_barrier_init(&inside, NULL, 2);
  RUN(reads, reads);
}
