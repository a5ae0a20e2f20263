/* SPDX-License-Identifier: MIT */
/* checked.c: runs one small program under the checker: the same steps, by the same bindings, as executor.c does on real
 * threads, but in every execution that the memory model allows.
 *
 * Compiled once for each header under test, with -DBINDING='"bind_spsc_ring.h"' or another; the program itself is the
 * runner's --input: a struct run as it lies in memory. Each step is an operation of the history. Its value holds the
 * first four items that went in or came out, sixteen bits each, and operations called `more` hold four others each.
 *
 *   thread 0   fills the queue, starts 1 (producer), 2 (consumer), 3 (closer), waits for them, empties the queue
 */
#include <lockfree/check.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "program.h"

enum { SCRATCH_BYTES = 1024, QUEUE_BYTES = 8192, ITEMS_A_WORD = 4 };
static const uint64_t TORN = UINT64_MAX;

struct lane {
  const struct run *run;
  uint64_t offered; /* items so far */
  unsigned char scratch[SCRATCH_BYTES];
};

/* Every access is a place where the checker may let another thread go on: gaps are needed on real threads only. */
#define GAP_PLACE 0u
static inline void gap(uint32_t place) { (void)place; }

#include BINDING

static _Alignas(128) unsigned char memory[QUEUE_BYTES];
static queue *shared;
static struct lane lanes[THREADS_MOST];
static struct left rest;

static const char *name_of(enum call call) {
  static const char *const names[] = {"push",  "push_n", "reserve",   "abort",     "pop",
                                      "pop_n", "peek",   "peek_keep", "peek_span", "close"};
  return names[call];
}

static const char *name_of_answer(uint32_t answer) {
  static const char *const names[] = {"ok",      "full",    "empty",       "busy",   "closed",
                                      "too_big", "timeout", "interrupted", "corrupt"};
  return answer < sizeof names / sizeof *names ? names[answer] : "refused";
}

/* Number and length plus one, a byte each: never 0. A torn item and one that nobody put in have codes of their own. */
static uint64_t code_of(uint64_t item) {
  const uint64_t number = item & UINT32_MAX, length = item >> 32;
  if (item == TORN) return 0xFFFF;
  return number > 0xFF || length > 0xFC ? 0xFFFE : number | (length + 1) << 8;
}

static uint64_t word_of(const uint64_t *items, uint64_t count) {
  uint64_t word = 0;
  for (uint64_t i = 0; i < count && i < ITEMS_A_WORD; i++) word |= code_of(items[i]) << 16 * i;
  return word;
}

static void answer_items(const char *answer, const uint64_t *items, uint64_t count) {
  LF_RETURN(answer, word_of(items, count));
  for (uint64_t at = ITEMS_A_WORD; at < count; at += ITEMS_A_WORD) {
    LF_INVOKE("more", 0);
    LF_RETURN("ok", word_of(items + at, count - at));
  }
}

static void take_step(const struct step *step, struct lane *me) {
  struct record record;
  record.count = 0;
  LF_INVOKE(name_of((enum call)step->call), me->offered);
  queue_step(shared, step, me, &record);
  answer_items(name_of_answer(record.answer), record.items, record.count);
}

static void *take_steps(void *argument) {
  struct lane *const me = argument;
  const ptrdiff_t index = me - lanes;
  for (uint32_t i = 0; i < me->run->counts[index]; i++) take_step(&me->run->steps[index][i], me);
  return NULL;
}

LF_SCENARIO(program) {
  static const struct step push = {.call = PUSH, .n = 1, .keep = 1, .size = 8};
  size_t bytes;
  const struct run *const run = LF_INPUT(&bytes);
  if (bytes != sizeof *run || queue_bytes(run) == 0 || queue_bytes(run) > sizeof memory) abort();
  shared = queue_make(memory, queue_bytes(run), run);
  for (uint32_t i = 0; i < run->threads; i++) lanes[i].run = run;
  for (uint32_t i = 0; i < run->filled; i++) take_step(&push, &lanes[0]);
  lf_thread threads[THREADS_MOST];
  for (uint32_t i = 0; i < run->threads; i++) threads[i] = lf_spawn(take_steps, &lanes[i]);
  for (uint32_t i = 0; i < run->threads; i++) lf_join(threads[i]);
  queue_empty(shared, &lanes[0], &rest);
  LF_INVOKE("count", 0);
  LF_RETURN("ok", rest.count);
  LF_INVOKE("left", 0);
  answer_items("ok", rest.items, rest.taken);
}
