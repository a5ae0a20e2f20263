/* 2+2W: two threads write two locations in opposite order. */
#include "threads.h"

static atomic_int x, y;

static void *first(void *unused) {
  STORE(x, 1, release);
  STORE(y, 2, release);
  return unused;
}

static void *second(void *unused) {
  STORE(y, 1, release);
  STORE(x, 2, release);
  return unused;
}

int main(void) {
  RUN(first, second);
  return 0;
}
