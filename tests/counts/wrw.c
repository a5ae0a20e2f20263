/* One writer; N threads that read and write the same location. */
#include "threads.h"

static atomic_int x;

static void *writes(void *unused) {
  STORE(x, 1, release);
  return unused;
}

static void *reads_and_writes(void *argument) {
  (void)LOAD(x, relaxed);
  STORE(x, number(argument) - 1, release);
  return NULL;
}

int main(void) {
  run_one_and_many(writes, reads_and_writes, N);
  return 0;
}
