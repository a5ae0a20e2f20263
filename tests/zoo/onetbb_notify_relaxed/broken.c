/* oneTBB mutex and its concurrent monitor: unlock wakes who waits for the flag. */
#include "../zoo.h"

static _Atomic bool flag = true; /* locked */
static _Atomic unsigned waitset_size;
static pthread_mutex_t monitor = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static bool notified;

static void wait_while_locked(void) {
  (void)atomic_fetch_add_explicit(&waitset_size, 1, memory_order_relaxed); /* prepare_wait */
  atomic_thread_fence(memory_order_seq_cst);
  if (!atomic_load_explicit(&flag, memory_order_acquire)) return; /* cancel_wait */
  (void)pthread_mutex_lock(&monitor);                             /* commit_wait */
  while (!notified) (void)pthread_cond_wait(&condition, &monitor);
  (void)pthread_mutex_unlock(&monitor);
}

static void notify_one(void) {
  if (atomic_load_explicit(&waitset_size, memory_order_relaxed) == 0) return; /* BROKEN */
  (void)pthread_mutex_lock(&monitor);
  notified = true;
  (void)pthread_cond_signal(&condition);
  (void)pthread_mutex_unlock(&monitor);
}

static void unlock(void) {
  (void)atomic_exchange(&flag, false);
  notify_one();
}

#include "scenario.h"
