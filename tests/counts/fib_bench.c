/* Two threads add to one another's number; the largest sum is a Fibonacci number. */
#include "threads.h"

#ifndef N
#define N 5
#endif

static atomic_int x = 1, y = 1;

static void *adds_to_x(void *unused) {
  for (int i = 0; i < N; i++) {
    const int a = LOAD(x, acquire);
    const int b = LOAD(y, acquire);
    STORE(x, a + b, release);
  }
  return unused;
}

static void *adds_to_y(void *unused) {
  for (int i = 0; i < N; i++) {
    const int a = LOAD(x, acquire);
    const int b = LOAD(y, acquire);
    STORE(y, a + b, release);
  }
  return unused;
}

static void *looks(void *unused) {
  assert(LOAD(x, acquire) <= 144);
  assert(LOAD(y, acquire) <= 144);
  return unused;
}

int main(void) {
  RUN(adds_to_x, adds_to_y, looks);
  return 0;
}
