/* A spin lock. Broken: trylock, whose answer nobody reads. */
#include "threads.h"

static pthread_spinlock_t lock;
static int count;

static void *add(void *unused) {
#ifdef BROKEN
  pthread_spin_trylock(&lock);
#else
  pthread_spin_lock(&lock);
#endif
  count++;
  pthread_spin_unlock(&lock);
  return unused;
}

int main(void) {
  pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE);
  RUN(add, add);
}
