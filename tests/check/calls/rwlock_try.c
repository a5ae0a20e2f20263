/* trywrlock finds readers busy, tryrdlock a writer. Broken: goes on all the same. */
#include "threads.h"

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static int a;

static void *reads(void *unused) {
  const int busy = pthread_rwlock_tryrdlock(&lock);
#ifndef BROKEN
  if (busy) return unused;
#endif
  assert(a == 0 || a == 1);
  if (!busy) pthread_rwlock_unlock(&lock);
  return unused;
}
static void *writes(void *unused) {
  if (pthread_rwlock_trywrlock(&lock)) return unused;
  a = 1;
  pthread_rwlock_unlock(&lock);
  return unused;
}

int main(void) { RUN(reads, writes); }
