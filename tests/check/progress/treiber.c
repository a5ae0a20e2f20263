/* Treiber's stack: lock-free, not wait-free. Each node is pushed once, so that no tag is needed. */
#include <lockfree/check.h>
#include <stdatomic.h>

typedef struct node {
  struct node *_Atomic next;
  uint64_t value;
} node;

static node nodes[8];
static node *_Atomic top;

static void push(int i) {
  node *mine = &nodes[i];
  LF_INVOKE("push", i);
  mine->value = (uint64_t)i;
  node *seen = atomic_load_explicit(&top, memory_order_relaxed);
  do {
    atomic_store_explicit(&mine->next, seen, memory_order_relaxed);
  } while (!atomic_compare_exchange_weak_explicit(&top, &seen, mine, memory_order_release, memory_order_relaxed));
  LF_RETURN("ok", 0);
}

static void pop(void) {
  LF_INVOKE("pop", 0);
  node *seen = atomic_load_explicit(&top, memory_order_acquire);
  for (;;) {
    if (seen == NULL) {
      LF_RETURN("empty", 0);
      return;
    }
    node *next = atomic_load_explicit(&seen->next, memory_order_relaxed);
    if (atomic_compare_exchange_weak_explicit(&top, &seen, next, memory_order_acquire, memory_order_acquire)) break;
  }
  LF_RETURN("ok", seen->value);
}

static void *push_one(void *unused) {
  push(1);
  return unused;
}

static void *push_two(void *unused) {
  push(2);
  push(3);
  return unused;
}

static void *push_three(void *unused) {
  push(2);
  push(3);
  push(4);
  return unused;
}

static void *push_and_pop(void *unused) {
  push(2);
  pop();
  return unused;
}

static void race(void *(*a)(void *), void *(*b)(void *)) {
  const lf_thread one = lf_spawn(a, NULL), other = lf_spawn(b, NULL);
  lf_join(one);
  lf_join(other);
}

/* specification: stack
 * progress: lock-free 9, not wait-free 5 */
LF_SCENARIO(against_two) { race(push_one, push_two); }

/* Each push beside it may cost it two steps: no bound holds whatever the others do.
 * specification: stack
 * progress: lock-free 9, not wait-free 7 */
LF_SCENARIO(against_three) { race(push_one, push_three); }

/* specification: stack
 * progress: lock-free 9 */
LF_SCENARIO(both_ways) { race(push_and_pop, push_one); }
