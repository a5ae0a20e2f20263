/* SPDX-License-Identifier: MIT */
/* hardware.c: sequential consistency and x86-TSO, as the absence of cycles through the events that changed. */
#include <string.h>

#include "model.h"

/* po edges that the machine keeps: all under SC; under TSO all but a write before a read without a barrier between. */
static bool total_store_order;

static bool is_barrier(const lfc_event *e) {
  if (e->kind == LFC_CREATE || e->kind == LFC_JOIN) return true;
  if (e->flags & LFC_F_RMW) return true;                          /* locked */
  if (e->kind == LFC_READ && (e->flags & LFC_F_CAS)) return true; /* lock cmpxchg, though it failed */
  return (e->kind == LFC_FENCE || e->kind == LFC_WRITE) && e->order == LFC_SEQ_CST;
}

static bool keeps_program_order(const lfc_graph *g, const lfc_event *a, const lfc_event *b) {
  /* Most fences are nothing to the machine: no way leads through them. */
  if (total_store_order && ((a->kind == LFC_FENCE && !is_barrier(a)) || (b->kind == LFC_FENCE && !is_barrier(b))))
    return false;
  if (!total_store_order || a->kind != LFC_WRITE || b->kind != LFC_READ) return true;
  for (int i = 0; i < g->n; i++) {
    const lfc_event *e = &g->event[i];
    if (e->thread == a->thread && e->index >= a->index && e->index <= b->index && is_barrier(e)) return true;
  }
  return false;
}

static bool edge(const lfc_graph *g, const lfc_event *a, const lfc_event *b) {
  if (a->thread == b->thread && a->index < b->index && keeps_program_order(g, a, b)) return true;
  if (a->kind == LFC_CREATE && b->thread == a->child) return true;
  if (b->kind == LFC_JOIN && a->thread == b->child) return true;
  if (!lfc_is_access(a) || !lfc_is_access(b) || a->address != b->address) return false;
  const uint16_t ra = lfc_rank(g, a), rb = lfc_rank(g, b);
  if (b->kind == LFC_WRITE) return ra < rb; /* mo, fr */
  if (a->kind != LFC_WRITE || ra != rb) return false;
  return !total_store_order || a->thread != b->thread; /* rf; a thread may read its own store early */
}

static bool reaches(const lfc_graph *g, uint16_t goal) {
  uint16_t stack[LFC_EVENTS];
  bool seen[LFC_EVENTS];
  memset(seen, 0, g->n);
  int depth = 0;
  stack[depth++] = goal;
  while (depth > 0) {
    const lfc_event *a = &g->event[stack[--depth]];
    for (uint16_t j = 0; j < g->n; j++) {
      if (seen[j] || !edge(g, a, &g->event[j])) continue;
      if (j == goal) return true;
      seen[j] = true;
      stack[depth++] = j;
    }
  }
  return false;
}

static bool no_cycle(const lfc_graph *g, const uint16_t *changed, int count) {
  for (int i = 0; i < count; i++)
    if (reaches(g, changed[i])) return false;
  return true;
}

bool lfc_consistent_sc(const lfc_graph *g, const uint16_t *changed, int count) {
  total_store_order = false;
  return no_cycle(g, changed, count);
}

bool lfc_consistent_tso(const lfc_graph *g, const uint16_t *changed, int count) {
  total_store_order = true;
  return no_cycle(g, changed, count);
}
