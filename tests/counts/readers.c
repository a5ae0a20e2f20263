/* One writer, N readers: each sees it or not. */
#include "threads.h"

static atomic_int x;

static void *writer(void *unused) {
  STORE(x, 42, release);
  return unused;
}

static void *reader(void *unused) {
  (void)LOAD(x, acquire);
  return unused;
}

int main(void) {
  run_one_and_many(writer, reader, N);
  return 0;
}
