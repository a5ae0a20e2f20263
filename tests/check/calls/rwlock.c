/* Readers together, a writer alone. Broken: the writer reads-locks. */
#include "threads.h"

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static int a, b;

static void *reads(void *unused) {
  pthread_rwlock_rdlock(&lock);
  assert(a == b);
  pthread_rwlock_unlock(&lock);
  return unused;
}
static void *writes(void *unused) {
#ifdef BROKEN
  pthread_rwlock_rdlock(&lock);
#else
  pthread_rwlock_wrlock(&lock);
#endif
  a = b = 1;
  pthread_rwlock_unlock(&lock);
  return unused;
}

int main(void) { RUN(reads, writes); }
