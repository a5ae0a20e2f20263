/* Vyukov's bounded queue of many to many: a thread stopped between its claim and its publication stops others. They do
 * not wait inside an operation, they are told FULL or EMPTY for ever; who retries, as here, waits.
 */
#include <assert.h>
#include <lockfree/check.h>
#include <stdatomic.h>

enum { SLOTS = 2 };
static struct {
  _Atomic uint64_t turn;
  uint64_t item;
} slot[SLOTS];
static _Atomic uint64_t pushed, popped;

static void make(void) {
  for (uint64_t i = 0; i < SLOTS; i++) atomic_store_explicit(&slot[i].turn, i, memory_order_relaxed);
}

static int try_push(uint64_t item) {
  uint64_t at = atomic_load_explicit(&pushed, memory_order_relaxed);
  for (;;) {
    const uint64_t turn = atomic_load_explicit(&slot[at % SLOTS].turn, memory_order_acquire);
    if (turn < at) return 0;
    if (turn > at) {
      at = atomic_load_explicit(&pushed, memory_order_relaxed);
    } else if (atomic_compare_exchange_weak_explicit(&pushed, &at, at + 1, memory_order_relaxed,
                                                     memory_order_relaxed)) {
      break;
    }
  }
  slot[at % SLOTS].item = item;
  atomic_store_explicit(&slot[at % SLOTS].turn, at + 1, memory_order_release);
  return 1;
}

static int try_pop(uint64_t *item) {
  uint64_t at = atomic_load_explicit(&popped, memory_order_relaxed);
  for (;;) {
    const uint64_t turn = atomic_load_explicit(&slot[at % SLOTS].turn, memory_order_acquire);
    if (turn < at + 1) return 0;
    if (turn > at + 1) {
      at = atomic_load_explicit(&popped, memory_order_relaxed);
    } else if (atomic_compare_exchange_weak_explicit(&popped, &at, at + 1, memory_order_relaxed,
                                                     memory_order_relaxed)) {
      break;
    }
  }
  *item = slot[at % SLOTS].item;
  atomic_store_explicit(&slot[at % SLOTS].turn, at + SLOTS, memory_order_release);
  return 1;
}

static void *push_one(void *item) {
  LF_INVOKE("push", (uintptr_t)item);
  const int went_in = try_push((uintptr_t)item);
  LF_RETURN(went_in ? "ok" : "full", 0);
  return NULL;
}

/* Takes one item that is known to have gone in. */
static void *push_then_pop(void *item) {
  (void)push_one(item);
  LF_INVOKE("pop", 0);
  uint64_t found;
  while (!try_pop(&found)) {
  }
  LF_RETURN("ok", found);
  return NULL;
}

/* specification: queue, capacity 2, in_turn full, in_turn empty
 * progress: blocking */
LF_SCENARIO(stopped_after_its_claim) {
  make();
  const lf_thread one = lf_spawn(push_one, (void *)7), other = lf_spawn(push_then_pop, (void *)8);
  lf_join(one);
  lf_join(other);
}
