/* Two sleep on a word. Broken: one is woken. */
#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "threads.h"

static atomic_int word;

static void *sleeps(void *unused) {
  while (atomic_load(&word) == 0) syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
  return unused;
}
static void *wakes(void *unused) {
  atomic_store(&word, 1);
#ifdef BROKEN
  syscall(SYS_futex, &word, FUTEX_WAKE, 1, NULL, NULL, 0);
#else
  syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
#endif
  return unused;
}

int main(void) { RUN(sleeps, sleeps, wakes); }
