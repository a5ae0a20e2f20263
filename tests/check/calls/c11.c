/* <threads.h>: the lot. Broken: cnd_signal for cnd_broadcast. */
#include <assert.h>
#include <stdlib.h>
#include <threads.h>

static mtx_t mutex;
static cnd_t changed;
static once_flag once = ONCE_FLAG_INIT;
static tss_t key;
static int ready;

static void make(void) {
  mtx_init(&mutex, mtx_plain);
  cnd_init(&changed);
  tss_create(&key, free);
}
static int wait(void *number) {
  call_once(&once, make);
  tss_set(key, malloc(1));
  mtx_lock(&mutex);
  while (!ready) cnd_wait(&changed, &mutex);
  mtx_unlock(&mutex);
  assert(tss_get(key) != NULL);
  return *(int *)number;
}

int main(void) {
  thrd_t threads[2];
  int numbers[2] = {5, 6}, result;
  call_once(&once, make);
  for (int i = 0; i < 2; i++) assert(thrd_create(&threads[i], wait, &numbers[i]) == thrd_success);
  mtx_lock(&mutex);
  ready = 1;
#ifdef BROKEN
  cnd_signal(&changed);
#else
  cnd_broadcast(&changed);
#endif
  mtx_unlock(&mutex);
  for (int i = 0; i < 2; i++) {
    assert(thrd_join(threads[i], &result) == thrd_success);
    assert(result == numbers[i]);
  }
  tss_delete(key);
  cnd_destroy(&changed);
  mtx_destroy(&mutex);
}
