/* The flag has the right orders, and is set before what it announces. */
#include <assert.h>
#include <lockfree/check.h>
#include <stdatomic.h>

static int data;
static atomic_int ready;

static void *writer(void *unused) {
  atomic_store_explicit(&ready, 1, memory_order_release);
  data = 42;
  return unused;
}

static void *reader(void *unused) {
  if (atomic_load_explicit(&ready, memory_order_acquire)) assert(data == 42);
  return unused;
}

LF_SCENARIO(announced) {
  const lf_thread a = lf_spawn(writer, NULL), b = lf_spawn(reader, NULL);
  lf_join(a);
  lf_join(b);
}
