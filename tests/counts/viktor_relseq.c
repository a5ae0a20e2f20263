/* Six increments of a counter by four threads, each with its own order: a release sequence of updates. */
#include "threads.h"

static atomic_int counter;

static void *relaxed_twice(void *unused) {
  (void)atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed);
  (void)atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed);
  return unused;
}

static void *acquire_and_relaxed(void *unused) {
  (void)atomic_fetch_add_explicit(&counter, 1, memory_order_acquire);
  (void)atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed);
  return unused;
}

static void *release_once(void *unused) {
  (void)atomic_fetch_add_explicit(&counter, 1, memory_order_release);
  return unused;
}

static void *relaxed_once(void *unused) {
  (void)atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed);
  return unused;
}

int main(void) {
  RUN(relaxed_twice, acquire_and_relaxed, release_once, relaxed_once);
  return 0;
}
