/* SPDX-License-Identifier: MIT */
/* A pool of items handed out by the stack: an item that two threads own at once is a data race on it. */
#include <lockfree/stack.h>

#include "../marked.h"

enum { ITEMS = 3 };
static LF_ALIGNAS(LF_LINE) unsigned char memory[sizeof(struct lf_stack) + ITEMS * sizeof(uint32_t)];
static lf_stack *stack;
static int item[ITEMS]; /* item[i]: plain, its owner's */

static bool take(uint32_t *index) {
  LF_INVOKE("pop", 0);
  const lf_status status = lf_stack_pop(stack, index);
  LF_RETURN(answer_of(status), status == LF_OK ? *index : 0);
  if (status == LF_OK) item[*index]++;
  return status == LF_OK;
}

static void give(uint32_t index) {
  item[index]++;
  LF_INVOKE("push", index);
  const lf_status status = lf_stack_push(stack, index);
  LF_RETURN(answer_of(status), 0);
}

static void *take_and_give(void *unused) {
  uint32_t index;
  if (take(&index)) give(index);
  return unused;
}

static void *take_two(void *unused) {
  uint32_t index;
  (void)(take(&index) && take(&index));
  return unused;
}

static void *take_two_and_give_the_first(void *unused) {
  uint32_t first, second;
  if (!take(&first)) return unused;
  if (take(&second)) give(first);
  return unused;
}

static void *give_the_last(void *unused) {
  give(ITEMS - 1);
  return unused;
}

static void start(size_t full) {
  stack = full ? lf_stack_init_full(memory, sizeof(memory), full) : lf_stack_init(memory, sizeof(memory), ITEMS);
  assert(stack != NULL);
  for (int i = 0; i < ITEMS; i++) item[i] = 0;
}

static void race_two(void *(*one)(void *), void *(*other)(void *)) {
  const lf_thread a = lf_spawn(one, NULL), b = lf_spawn(other, NULL);
  lf_join(a);
  lf_join(b);
}

/* Each takes an item, uses it and gives it back.
 * specification: stack, inside 1 0 */
LF_SCENARIO(two_borrowers) {
  start(2);
  race_two(take_and_give, take_and_give);
}

/* The index on top is the same again, the one below it is another: the tag tells (ABA).
 * specification: stack, inside 1 0 */
LF_SCENARIO(same_top_again) {
  start(2);
  race_two(take_two, take_two_and_give_the_first);
}

/* One gives what another waits for; a take that is too early answers empty.
 * specification: stack */
LF_SCENARIO(giver_and_taker) {
  start(0);
  race_two(give_the_last, take_and_give);
}
