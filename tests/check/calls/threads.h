/* Two or three threads around one body each, for the programs of this folder. */
#include <assert.h>
#include <pthread.h>
#include <stddef.h>

static void run(int count, void *(*const bodies[])(void *)) {
  pthread_t threads[8];
  for (int i = 0; i < count; i++) assert(pthread_create(&threads[i], NULL, bodies[i], NULL) == 0);
  for (int i = 0; i < count; i++) assert(pthread_join(threads[i], NULL) == 0);
}
#define RUN(...) \
  run(sizeof((void *(*[])(void *)){__VA_ARGS__}) / sizeof(void *), (void *(*const[])(void *)){__VA_ARGS__})
