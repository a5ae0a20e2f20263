/* A loop that counts to three and reads once a time: no two rounds are alike, wherever the count is kept. */
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

static atomic_int x;
static int seen;

static void *reads(void *unused) {
  for (int i = 0; i < 3; i++) {
    if (atomic_load_explicit(&x, memory_order_relaxed) != 1) continue;
    seen = i + 1;
    break;
  }
  return unused;
}

static void *writes(void *unused) {
  atomic_store_explicit(&x, 1, memory_order_relaxed);
  return unused;
}

int main(void) {
  pthread_t a, b;
  pthread_create(&a, NULL, reads, NULL);
  pthread_create(&b, NULL, writes, NULL);
  pthread_join(a, NULL);
  pthread_join(b, NULL);
  return 0;
}
