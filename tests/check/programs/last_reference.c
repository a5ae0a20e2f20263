/* Reference counting whose last decrement does not acquire: the block is freed while the other thread's use is not over. */
#include <lockfree/check.h>
#include <stdatomic.h>

typedef struct {
  atomic_int references;
  int value;
} object;

static void *use_and_drop(void *argument) {
  object *it = argument;
  it->value++;
  return NULL;
}

static void *drop(void *argument) {
  object *it = argument;
  if (atomic_fetch_sub_explicit(&it->references, 1, memory_order_release) == 1) free(it);
  return NULL;
}

static void *user(void *argument) {
  (void)use_and_drop(argument);
  return drop(argument);
}

LF_SCENARIO(reference) {
  object *it = malloc(sizeof *it);
  if (it == NULL) return;
  atomic_init(&it->references, 2);
  it->value = 0;
  const lf_thread a = lf_spawn(user, it), b = lf_spawn(drop, it);
  lf_join(a);
  lf_join(b);
}
