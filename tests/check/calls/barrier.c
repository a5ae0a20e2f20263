/* Two rounds. Broken: it waits for one thread more than there are. */
#include "threads.h"

static pthread_barrier_t barrier;
static int left, right;

static void *one(void *unused) {
  left = 1;
  pthread_barrier_wait(&barrier);
  assert(right == 1);
  pthread_barrier_wait(&barrier);
  left = 2;
  return unused;
}
static void *two(void *unused) {
  right = 1;
  pthread_barrier_wait(&barrier);
  assert(left == 1);
  pthread_barrier_wait(&barrier);
  right = 2;
  return unused;
}

int main(void) {
#ifdef BROKEN
  pthread_barrier_init(&barrier, NULL, 3);
#else
  pthread_barrier_init(&barrier, NULL, 2);
#endif
  RUN(one, two);
  pthread_barrier_destroy(&barrier);
}
