/* Chase and Lev's deque: the owner pushes two and takes two, two thieves steal one each. */
#include "threads.h"

enum { EMPTY = -1, ABORT = -2, SIZE = 4 };

static _Atomic long top, bottom;
static atomic_int buffer[SIZE];

static void push(int x) {
  const long b = LOAD(bottom, relaxed);
  const long t = LOAD(top, acquire);
  if (b - t > SIZE - 1) abort();
  STORE(buffer[b % SIZE], x, relaxed);
  atomic_thread_fence(memory_order_release);
  STORE(bottom, b + 1, relaxed);
}

static int take(void) {
  const long b = LOAD(bottom, relaxed) - 1;
  STORE(bottom, b, relaxed);
  atomic_thread_fence(memory_order_seq_cst);
  long t = LOAD(top, relaxed);
  int x = EMPTY;
  if (t <= b) {
    x = LOAD(buffer[b % SIZE], relaxed);
    if (t == b) {
      if (!atomic_compare_exchange_strong_explicit(&top, &t, t + 1, memory_order_seq_cst, memory_order_relaxed)) {
        x = EMPTY;
      }
      STORE(bottom, b + 1, relaxed);
    }
  } else {
    STORE(bottom, b + 1, relaxed);
  }
  return x;
}

static int steal(void) {
  long t = LOAD(top, acquire);
  atomic_thread_fence(memory_order_seq_cst);
  const long b = LOAD(bottom, acquire);
  if (t >= b) return EMPTY;
  const int x = LOAD(buffer[t % SIZE], relaxed);
  if (!atomic_compare_exchange_strong_explicit(&top, &t, t + 1, memory_order_seq_cst, memory_order_relaxed)) {
    return ABORT;
  }
  return x;
}

static void *owner(void *unused) {
  push(1);
  push(2);
  (void)take();
  (void)take();
  return unused;
}

static void *thief(void *unused) {
  (void)steal();
  return unused;
}

int main(void) {
  RUN(owner, thief, thief);
  return 0;
}
