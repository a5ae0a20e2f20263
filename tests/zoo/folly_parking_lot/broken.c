/* folly::ParkingLot, one bucket with one waiter. */
#include "../zoo.h"

static _Atomic unsigned count;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static bool waiting;

/* Sleeps while the word is 0. */
static void park(_Atomic unsigned *word) {
  (void)pthread_mutex_lock(&mutex);
  (void)atomic_fetch_add(&count, 1);
  if (atomic_load(word) == 0) {
    waiting = true;
    while (waiting) (void)pthread_cond_wait(&condition, &mutex);
  }
  (void)atomic_fetch_sub(&count, 1);
  (void)pthread_mutex_unlock(&mutex);
}

static void unpark(void) {
  if (atomic_load(&count) == 0) return; /* BROKEN */
  (void)pthread_mutex_lock(&mutex);
  waiting = false;
  (void)pthread_cond_signal(&condition);
  (void)pthread_mutex_unlock(&mutex);
}

#include "scenario.h"
