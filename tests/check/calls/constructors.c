/* Constructors run before main, functions at exit after it. Broken: what they should free, nobody frees. */
#include <stdlib.h>

#include "threads.h"

static int *made;

__attribute__((constructor)) static void make(void) { made = calloc(1, sizeof *made); }
static void unmake(void) { free(made); }
static void *use(void *unused) {
  __atomic_fetch_add(made, 1, __ATOMIC_RELAXED);
  return unused;
}

int main(void) {
#ifndef BROKEN
  atexit(unmake);
#endif
  RUN(use, use);
  assert(*made == 2);
}
