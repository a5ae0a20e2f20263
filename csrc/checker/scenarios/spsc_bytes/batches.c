/* SPDX-License-Identifier: MIT */
/* Batches: records that appear together, padding inside a batch, less room or fewer records than were asked for. */
#include "bytes.h"

enum { MOST_RECORDS = 4 };

static void push_batch(size_t n, uint32_t len) {
  uint64_t words[MOST_RECORDS * WORDS];
  uint32_t lens[MOST_RECORDS];
  size_t word = 0;
  for (size_t i = 0; i < n; i++) {
    lens[i] = len;
    for (size_t j = 0; j < len / sizeof(uint64_t); j++) words[word++] = pushed_items + 1 + i;
  }
  LF_INVOKE("push_n", n);
  const size_t put = lf_spsc_bytes_push_n(queue, words, lens, n);
  LF_RETURN("ok", put);
  pushed_items += put;
}

static void pop_batch(size_t n) {
  uint64_t words[MOST_RECORDS * WORDS];
  uint32_t lens[MOST_RECORDS];
  LF_INVOKE("pop_n", n);
  const size_t got = lf_spsc_bytes_pop_n(queue, words, sizeof(words), lens, n);
  LF_RETURN("ok", got);
  const unsigned char *at = (const unsigned char *)words;
  for (size_t i = 0; i < got; i++) {
    expect_next(at, lens[i]);
    at += lens[i];
  }
}

static void *push_two_then_two(void *unused) {
  push_batch(2, sizeof(uint64_t));
  push_batch(2, sizeof(uint64_t));
  return unused;
}

static void *push_three_long(void *unused) {
  push_batch(3, LONGEST);
  return unused;
}

static void *pop_two_twice(void *unused) {
  pop_batch(2);
  pop_batch(2);
  return unused;
}

/* A batch over the edge and over 2^64.
 * progress: wait-free 3 */
LF_SCENARIO(batch_over_the_edge) {
  make_queue(UINT64_MAX - 15);
  race_two(push_two_then_two, pop_two_twice);
  drain();
}

/* Three asked for, two fit.
 * progress: wait-free 4 */
LF_SCENARIO(batch_too_large) {
  make_queue(0);
  race_two(push_three_long, pop_two_twice);
  assert(pushed_items == 2);
  drain();
}
