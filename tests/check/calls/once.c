/* Done once, and seen by all. Broken: a plain flag. */
#include "threads.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int value;

static void make(void) { value += 7; }
static void *use(void *unused) {
#ifdef BROKEN
  if (value == 0) make();
#else
  pthread_once(&once, make);
#endif
  assert(value == 7);
  return unused;
}

int main(void) { RUN(use, use, use); }
