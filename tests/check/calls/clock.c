/* Time and chance are the same in every run, deadlines come, printing is harmless. Broken: waits for time to go back. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "threads.h"

static atomic_int flag;

static void *polls(void *unused) {
  const time_t deadline = time(NULL) + 1;
  while (!atomic_load_explicit(&flag, memory_order_relaxed)) {
    const time_t now = time(NULL);
#ifdef BROKEN
    assert(now < deadline);
#endif
    if (now >= deadline) break;
  }
  if (rand() % 2 == 0) printf("even\n");
  return unused;
}
static void *sets(void *unused) {
  atomic_store_explicit(&flag, 1, memory_order_relaxed);
  return unused;
}

int main(void) { RUN(polls, sets); }
