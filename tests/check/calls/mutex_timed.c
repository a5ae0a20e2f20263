/* timedlock: taken, or timed out while another holds it. Broken: trusts that it never times out. */
#include <errno.h>
#include <time.h>

#include "threads.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int count;

static void *add(void *unused) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += 5;
  const int answer = pthread_mutex_timedlock(&mutex, &until);
#ifdef BROKEN
  assert(answer == 0);
#endif
  if (answer == ETIMEDOUT) return unused;
  count++;
  pthread_mutex_unlock(&mutex);
  return unused;
}

int main(void) { RUN(add, add); }
