/* A pointer is published before anybody may know that what it points to was written: its reader finds what malloc left. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
static _Atomic(atomic_int *) p;
static void *publishes(void *unused) {
  atomic_int *fresh = malloc(sizeof *fresh);
  atomic_store_explicit(fresh, 1, memory_order_relaxed);
  atomic_store_explicit(&p, fresh, memory_order_relaxed);
  return unused;
}
static void *reads(void *unused) {
  atomic_int *seen = atomic_load_explicit(&p, memory_order_relaxed);
  if (seen) (void)atomic_load_explicit(seen, memory_order_relaxed);
  return unused;
}
int main(void) {
  pthread_t a, b;
  pthread_create(&a, NULL, publishes, NULL);
  pthread_create(&b, NULL, reads, NULL);
  pthread_join(a, NULL);
  pthread_join(b, NULL);
  free(p);
}
