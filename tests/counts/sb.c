/* Store buffering. */
#include "threads.h"

static atomic_int x, y;

static void *first(void *unused) {
  STORE(x, 1, release);
  (void)LOAD(y, acquire);
  return unused;
}

static void *second(void *unused) {
  STORE(y, 1, release);
  (void)LOAD(x, acquire);
  return unused;
}

int main(void) {
  RUN(first, second);
  return 0;
}
