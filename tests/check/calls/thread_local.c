/* Each thread has its own, errno too, and its address is good in others. Broken: another writes through it unordered. */
#include <errno.h>
#include <stdatomic.h>

#include "threads.h"

static _Thread_local int mine = 3;
static _Atomic(int *) where;

static void *one(void *unused) {
  errno = 4;
  mine++;
  atomic_store_explicit(&where, &mine, memory_order_release);
#ifdef BROKEN
  mine++;
#endif
  assert(errno == 4);
  return unused;
}
static void *two(void *unused) {
  errno = 5;
  mine += 10;
  int *theirs = atomic_load_explicit(&where, memory_order_acquire);
  if (theirs) assert(*theirs == 4 && theirs != &mine);
  assert(mine == 13 && errno == 5);
  return unused;
}

int main(void) { RUN(one, two); }
