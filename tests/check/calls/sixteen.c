/* Atomics of 16 bytes, by libatomic's calls or the compiler's. Broken: the flag is stored relaxed. */
#include "threads.h"

static unsigned __int128 flag;
static int data;

static void *puts_it(void *unused) {
  unsigned __int128 old = 0, new = (unsigned __int128)1 << 64;
  data = 1;
#ifdef BROKEN
  __atomic_compare_exchange(&flag, &old, &new, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
#else
  __atomic_compare_exchange(&flag, &old, &new, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
#endif
  return unused;
}
static void *gets_it(void *unused) {
  unsigned __int128 seen;
  __atomic_load(&flag, &seen, __ATOMIC_ACQUIRE);
  if (seen >> 64) assert(data == 1);
  return unused;
}

int main(void) { RUN(puts_it, gets_it); }
