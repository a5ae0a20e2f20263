/* Two poppers of a stack of one, by a look and a store instead of a compare-exchange. */
#include <assert.h>
#include <lockfree/check.h>
#include <stdatomic.h>

static atomic_int top = 1;
static atomic_int taken;

static void *pop(void *unused) {
  const int index = atomic_load_explicit(&top, memory_order_acquire);
  if (index == 1) {
    atomic_store_explicit(&top, 0, memory_order_release);
    const int before = atomic_fetch_add_explicit(&taken, 1, memory_order_relaxed);
    assert(before == 0);
  }
  return unused;
}

LF_SCENARIO(pop_twice) {
  const lf_thread a = lf_spawn(pop, NULL), b = lf_spawn(pop, NULL);
  lf_join(a);
  lf_join(b);
}
