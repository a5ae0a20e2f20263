/* A queue of one item behind a spin lock: whoever stops while he holds it stops all others. */
#include <lockfree/check.h>
#include <stdatomic.h>

static atomic_int locked;
static uint64_t item;
static int full;

static void lock(void) {
  while (atomic_exchange_explicit(&locked, 1, memory_order_acquire)) {
  }
}

static void lock_politely(void) {
  do {
    while (atomic_load_explicit(&locked, memory_order_relaxed)) {
    }
  } while (atomic_exchange_explicit(&locked, 1, memory_order_acquire));
}

static void unlock(void) { atomic_store_explicit(&locked, 0, memory_order_release); }

static void push(void (*take)(void)) {
  LF_INVOKE("push", 5);
  take();
  const int room = !full;
  if (room) item = 5, full = 1;
  unlock();
  LF_RETURN(room ? "ok" : "full", 0);
}

static void pop(void (*take)(void)) {
  LF_INVOKE("pop", 0);
  take();
  const int found = full;
  const uint64_t value = item;
  full = 0;
  unlock();
  LF_RETURN(found ? "ok" : "empty", found ? value : 0);
}

static void *push_one(void *unused) {
  push(lock);
  return unused;
}

static void *pop_one(void *unused) {
  pop(lock);
  return unused;
}

static void *push_politely(void *unused) {
  push(lock_politely);
  return unused;
}

static void *pop_politely(void *unused) {
  pop(lock_politely);
  return unused;
}

static void race(void *(*a)(void *), void *(*b)(void *)) {
  const lf_thread one = lf_spawn(a, NULL), other = lf_spawn(b, NULL);
  lf_join(one);
  lf_join(other);
}

/* progress: blocking */
LF_SCENARIO(exchanging) { race(push_one, pop_one); }

/* progress: blocking */
LF_SCENARIO(looking_first) { race(push_politely, pop_politely); }
