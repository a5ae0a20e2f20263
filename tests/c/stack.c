/* stack.h: order and bounds alone, hostile memory, and threads that borrow: an index is never two threads' at once. */
#include <lockfree/stack.h>

#include "check.h"

enum { INDICES = 7, BORROWERS = 4 };

struct pool {
  lf_stack *stack;
  uint64_t rounds;
  LF_ATOMIC(uint64_t) borrowed; /* in all */
  uint64_t used[INDICES];       /* plain: the owner's */
};

static void alone(void) {
  const size_t bytes = lf_stack_size(INDICES);
  void *memory = aligned_memory(bytes);
  uint32_t index = 77;
  lf_stack *stack = lf_stack_init(memory, bytes, INDICES);
  CHECK(stack != NULL && lf_stack_capacity(stack) == INDICES && lf_stack_is_empty(stack));
  CHECK(lf_stack_pop(stack, &index) == LF_EMPTY && index == 77);
  CHECK(lf_stack_push(stack, INDICES) == LF_TOO_BIG);
  for (uint32_t i = 0; i < INDICES; i++) CHECK(lf_stack_push(stack, i) == LF_OK);
  for (uint32_t i = INDICES; i-- > 0;) CHECK_WITH(lf_stack_pop(stack, &index) == LF_OK && index == i, index, i);
  CHECK(lf_stack_is_empty(stack));
  stack = lf_stack_init_full(memory, bytes, INDICES);
  CHECK(lf_stack_attach(memory, bytes) == stack && lf_stack_attach(memory, bytes - 1) == NULL);
  for (uint32_t i = 0; i < INDICES; i++) CHECK_WITH(lf_stack_pop(stack, &index) == LF_OK && index == i, index, i);
  CHECK(lf_stack_pop(stack, &index) == LF_EMPTY);
  free(memory);
}

static void hostile(void) {
  const size_t bytes = lf_stack_size(INDICES);
  unsigned char *memory = (unsigned char *)aligned_memory(bytes + LF_LINE);
  uint32_t index;
  CHECK(lf_stack_size(0) == 0 && lf_stack_size(((size_t)1 << 31) + 1) == 0);
  CHECK(lf_stack_init(NULL, bytes, INDICES) == NULL && lf_stack_init(memory + 8, bytes, INDICES) == NULL);
  CHECK(lf_stack_init(memory, bytes - 1, INDICES) == NULL);
  memset(memory, 0x5A, bytes);
  CHECK(lf_stack_attach(memory, bytes) == NULL);
  lf_stack *stack = lf_stack_init_full(memory, bytes, INDICES);
  atomic_store_explicit(&stack->top, (uint64_t)INDICES + 1, memory_order_relaxed);
  CHECK(lf_stack_pop(stack, &index) == LF_CORRUPT);
  free(memory);
}

static void *borrow(void *context) {
  struct pool *pool = (struct pool *)context;
  uint64_t borrowed = 0;
  unsigned tries = 0;
  for (uint64_t i = 0; i < pool->rounds; i++) {
    uint32_t index;
    if (lf_stack_pop(pool->stack, &index) != LF_OK) {
      breathe(&tries);
      continue;
    }
    pool->used[index]++; /* lost if two own it; a race for ThreadSanitizer */
    borrowed++;
    CHECK(lf_stack_push(pool->stack, index) == LF_OK);
  }
  atomic_fetch_add_explicit(&pool->borrowed, borrowed, memory_order_relaxed);
  return NULL;
}

static void together(size_t indices) {
  const size_t bytes = lf_stack_size(indices);
  struct pool pool = {.stack = lf_stack_init_full(aligned_memory(bytes), bytes, indices), .rounds = scaled(1000000)};
  pthread_t threads[BORROWERS];
  for (int i = 0; i < BORROWERS; i++) CHECK(pthread_create(&threads[i], NULL, borrow, &pool) == 0);
  for (int i = 0; i < BORROWERS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
  uint64_t used = 0;
  uint32_t index;
  for (size_t i = 0; i < indices; i++) {
    used += pool.used[i];
    CHECK(lf_stack_pop(pool.stack, &index) == LF_OK);
  }
  CHECK(lf_stack_pop(pool.stack, &index) == LF_EMPTY);
  CHECK_WITH(used == pool.borrowed, used, pool.borrowed);
  free(pool.stack);
}

int main(void) {
  alone();
  hostile();
  together(1);
  together(2);
  together(INDICES);
  return 0;
}
