/* One once within another. Broken: within itself. */
#include "threads.h"

static pthread_once_t outer = PTHREAD_ONCE_INIT, inner = PTHREAD_ONCE_INIT;

static void make_inner(void) {}
static void make_outer(void) {
#ifdef BROKEN
  pthread_once(&outer, make_outer);
#endif
  pthread_once(&inner, make_inner);
}
static void *use(void *unused) {
  pthread_once(&outer, make_outer);
  return unused;
}

int main(void) { RUN(use, use); }
