/* SPDX-License-Identifier: MIT */
#include "order.h"

#include <string.h>

#include "execution.h"

enum { WORDS = (LFC_EVENTS + 63) / 64 };
typedef uint64_t row[WORDS];

static row before[LFC_EVENTS]; /* before[a] has b: a is before b; after the first round, or one event with it */
static row cycle[LFC_EVENTS];
static uint8_t below[LFC_EVENTS][LFC_THREADS], above[LFC_EVENTS][LFC_THREADS];
static int words;

static bool has(const uint64_t *r, int i) { return (r[i / 64] >> (i % 64)) & 1; }

/* An update happens at once: its write stands for itself and its read. */
static uint16_t node(uint16_t id) {
  const lfc_event *e = &lfc_g.event[id];
  return e->kind == LFC_WRITE && e->flags & LFC_F_RMW ? lfc.thread[e->thread].event[e->index - 1] : id;
}

static void edge(uint16_t a, uint16_t b) {
  const uint16_t from = node(a), to = node(b);
  if (from != to) before[from][to / 64] |= (uint64_t)1 << (to % 64);
}

/* Of modification order and from-reads: left out where both events lie on a cycle. */
static void late_edge(uint16_t a, uint16_t b, bool cycles) {
  const uint16_t from = node(a), to = node(b);
  if (!cycles || !has(cycle[from], to) || !has(cycle[to], from)) edge(a, b);
}

static void fill_edges(bool cycles) {
  for (uint16_t i = 0; i < lfc_g.n; i++) memset(before[i], 0, (size_t)words * sizeof(uint64_t));
  for (int t = 0; t < lfc.threads; t++) {
    const lfc_thread *thread = &lfc.thread[t];
    for (int k = 0; k < thread->done; k++) {
      const uint16_t id = thread->event[k];
      const lfc_event *e = &lfc_g.event[id];
      if (k > 0) edge(thread->event[k - 1], id);
      const lfc_thread *child = &lfc.thread[e->child];
      if (e->kind == LFC_CREATE && child->done > 0) edge(id, child->event[0]);
      if (e->kind == LFC_JOIN && child->done > 0) edge(child->event[child->done - 1], id);
      if (!lfc_is_access(e)) continue;
      if (e->kind == LFC_READ && e->reads_from != LFC_INITIAL) edge(e->reads_from, id);
      const lfc_event *next = lfc_next_in_order(&lfc_g, e->address, lfc_rank(&lfc_g, e));
      if (next) late_edge(id, (uint16_t)(next - lfc_g.event), cycles);
    }
  }
}

static bool close_edges(void) {
  bool cycles = false;
  for (uint16_t k = 0; k < lfc_g.n; k++)
    for (uint16_t i = 0; i < lfc_g.n; i++)
      if (has(before[i], k))
        for (int w = 0; w < words; w++) before[i][w] |= before[k][w];
  for (uint16_t i = 0; i < lfc_g.n; i++) cycles = cycles || has(before[i], i);
  return cycles;
}

void lfc_order_fill(void) {
  words = (lfc_g.n + 63) / 64;
  fill_edges(false);
  if (close_edges()) {
    memcpy(cycle, before, sizeof cycle);
    fill_edges(true);
    (void)close_edges();
  }
  for (uint16_t i = 0; i < lfc_g.n; i++) {
    const uint16_t n = node(i);
    for (int t = 0; t < lfc.threads; t++) {
      const lfc_thread *thread = &lfc.thread[t];
      below[i][t] = 0;
      above[i][t] = thread->done;
      for (int k = thread->done - 1; k >= 0; k--) {
        const uint16_t other = node(thread->event[k]);
        if (n == other || has(before[n], other)) above[i][t] = (uint8_t)k;
        if (below[i][t] == 0 && (n == other || has(before[other], n))) below[i][t] = (uint8_t)(k + 1);
      }
    }
  }
}

uint8_t lfc_order_below(uint16_t id, int thread) { return below[id][thread]; }

uint8_t lfc_order_above(uint16_t id, int thread) { return above[id][thread]; }
