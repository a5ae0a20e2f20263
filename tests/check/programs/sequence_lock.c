/* A seqlock whose reader lacks the acquire fence: the second look at the sequence may come before the copy. */
#include <assert.h>
#include <lockfree/check.h>
#include <stdatomic.h>

static atomic_uint sequence;
static atomic_int left, right;

static void *writer(void *unused) {
  atomic_store_explicit(&sequence, 1, memory_order_relaxed);
  atomic_thread_fence(memory_order_release);
  atomic_store_explicit(&left, 1, memory_order_relaxed);
  atomic_store_explicit(&right, 1, memory_order_relaxed);
  atomic_store_explicit(&sequence, 2, memory_order_release);
  return unused;
}

static void *reader(void *unused) {
  const unsigned before = atomic_load_explicit(&sequence, memory_order_acquire);
  const int l = atomic_load_explicit(&left, memory_order_relaxed);
  const int r = atomic_load_explicit(&right, memory_order_relaxed);
  const unsigned after = atomic_load_explicit(&sequence, memory_order_relaxed);
  if (before == after && before % 2 == 0) assert(l == r);
  return unused;
}

LF_SCENARIO(torn) {
  const lf_thread a = lf_spawn(writer, NULL), b = lf_spawn(reader, NULL);
  lf_join(a);
  lf_join(b);
}
