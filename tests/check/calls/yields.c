/* Waiting by yielding and sleeping. Broken: for what nobody does. */
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#include "threads.h"

static atomic_int flag;

static void *waits(void *unused) {
  while (!atomic_load(&flag)) {
    sched_yield();
    usleep(10);
  }
  return unused;
}
static void *sets(void *unused) {
#ifndef BROKEN
  atomic_store(&flag, 1);
#endif
  return unused;
}

int main(void) { RUN(waits, sets); }
