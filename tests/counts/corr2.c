/* Two writers of one location, two readers that look twice. */
#include "threads.h"

static atomic_int x;

static void *writes_1(void *unused) {
  STORE(x, 1, release);
  return unused;
}

static void *writes_2(void *unused) {
  STORE(x, 2, release);
  return unused;
}

static void *reads_twice(void *unused) {
  (void)LOAD(x, acquire);
  (void)LOAD(x, acquire);
  return unused;
}

int main(void) {
  RUN(writes_1, writes_2, reads_twice, reads_twice);
  return 0;
}
