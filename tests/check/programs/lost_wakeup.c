/* Looks, then sleeps; the wake-up between the two is lost. */
#include <lockfree/check.h>
#include <stdatomic.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static atomic_int ready;

static void *sleeper(void *unused) {
  if (!atomic_load_explicit(&ready, memory_order_acquire)) {
    pthread_mutex_lock(&mutex);
    pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
  }
  return unused;
}

static void *waker(void *unused) {
  atomic_store_explicit(&ready, 1, memory_order_release);
  pthread_cond_signal(&changed);
  return unused;
}

LF_SCENARIO(wakeup) {
  const lf_thread a = lf_spawn(sleeper, NULL), b = lf_spawn(waker, NULL);
  lf_join(a);
  lf_join(b);
}
