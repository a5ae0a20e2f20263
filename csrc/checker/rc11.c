/* SPDX-License-Identifier: MIT */
/* rc11.c: what RC11 adds to coherence: psc, the partial order of seq_cst accesses and fences, has no cycle.
 *
 *   scb  = po  |  po_other_location ; hb ; po_other_location  |  hb_same_location  |  mo  |  fr
 *   psc  = ([SC] | [F]; hb?) ; scb ; ([SC] | hb?; [F])      SC: seq_cst accesses, F: seq_cst fences
 *        | [F] ; (hb | hb; eco; hb) ; [F]
 *
 * A light fence is an F for the edges between it and a heavy one, and nothing else: the machine knows no compiler fence,
 * and the heavy one, membarrier, puts a full fence somewhere into every thread.
 */
#include <string.h>

#include "model.h"

enum { WORDS = (LFC_EVENTS + 63) / 64, NODES = 256 };
typedef uint64_t row[WORDS];

static struct {
  int words;
  uint16_t node[NODES]; /* ids of seq_cst events */
  int nodes;
  row scb[LFC_EVENTS];
  row far_program[LFC_EVENTS]; /* later in its thread, at another location */
  row eco[LFC_EVENTS];
  row in[NODES], edge[NODES];
} s;

static void set(uint64_t *r, int i) { r[i / 64] |= (uint64_t)1 << (i % 64); }
static bool has(const uint64_t *r, int i) { return (r[i / 64] >> (i % 64)) & 1; }
static void add(uint64_t *r, const uint64_t *from) {
  for (int w = 0; w < s.words; w++) r[w] |= from[w];
}
static bool meet(const uint64_t *a, const uint64_t *b) {
  for (int w = 0; w < s.words; w++)
    if (a[w] & b[w]) return true;
  return false;
}
static void clear(uint64_t *r) { memset(r, 0, (size_t)s.words * sizeof *r); }

static bool is_seq_cst(const lfc_event *e) {
  if (e->kind == LFC_WRITE || e->kind == LFC_READ || e->kind == LFC_FENCE) return e->order == LFC_SEQ_CST;
  return false;
}

static bool hb(const lfc_event *a, const lfc_event *b) { return a != b && lfc_happens_before(a, &b->hb); }
static bool same_thread_later(const lfc_event *a, const lfc_event *b) {
  return a->thread == b->thread && a->index < b->index;
}
static bool same_location(const lfc_event *a, const lfc_event *b) {
  return lfc_is_access(a) && lfc_is_access(b) && a->address == b->address;
}

static void fill_scb(const lfc_graph *g) {
  const int n = g->n;
  for (int i = 0; i < n; i++) {
    clear(s.far_program[i]);
    clear(s.scb[i]);
    for (int j = 0; j < n; j++)
      if (same_thread_later(&g->event[i], &g->event[j]) && !same_location(&g->event[i], &g->event[j]))
        set(s.far_program[i], j);
  }
  for (int i = 0; i < n; i++) {
    const lfc_event *x = &g->event[i];
    const uint16_t rank = lfc_is_access(x) ? lfc_rank(g, x) : 0;
    const lfc_event *far = NULL; /* the first event after x at another location: all later ones are after it */
    for (int j = 0; j < n; j++) {
      const lfc_event *y = &g->event[j];
      if (same_thread_later(x, y)) {
        set(s.scb[i], j);
        if (!same_location(x, y) && (far == NULL || y->index < far->index)) far = y;
      }
      if (i == j || !same_location(x, y)) continue;
      if (hb(x, y) || (y->kind == LFC_WRITE && rank < y->mo)) set(s.scb[i], j);
    }
    if (far == NULL) continue;
    for (int j = 0; j < n; j++)
      if (hb(far, &g->event[j])) add(s.scb[i], s.far_program[j]);
  }
}

/* eco: what reads or overwrites, directly or not, what this event wrote or read. */
static void fill_eco(const lfc_graph *g) {
  for (int i = 0; i < g->n; i++) {
    const lfc_event *a = &g->event[i];
    clear(s.eco[i]);
    if (!lfc_is_access(a)) continue;
    const uint16_t rank = lfc_rank(g, a);
    for (int j = 0; j < g->n; j++) {
      const lfc_event *b = &g->event[j];
      if (!same_location(a, b)) continue;
      const uint16_t other = lfc_rank(g, b);
      if (rank < other || (rank == other && a->kind == LFC_WRITE && b->kind == LFC_READ)) set(s.eco[i], j);
    }
  }
}

/* For each node: what may stand at the end of an edge into it. */
static void fill_in(const lfc_graph *g) {
  for (int b = 0; b < s.nodes; b++) {
    const lfc_event *to = &g->event[s.node[b]];
    clear(s.in[b]);
    set(s.in[b], s.node[b]);
    if (to->kind != LFC_FENCE) continue;
    for (int j = 0; j < g->n; j++)
      if (hb(&g->event[j], to)) set(s.in[b], j);
  }
}

static bool may_be_ordered(const lfc_event *a, const lfc_event *b) {
  const bool light =
      (a->kind == LFC_FENCE && a->flags & LFC_F_LIGHT) || (b->kind == LFC_FENCE && b->flags & LFC_F_LIGHT);
  const bool heavy =
      (a->kind == LFC_FENCE && a->flags & LFC_F_HEAVY) || (b->kind == LFC_FENCE && b->flags & LFC_F_HEAVY);
  return heavy || !light;
}

static void fill_edges(const lfc_graph *g) {
  for (int a = 0; a < s.nodes; a++) {
    const lfc_event *from = &g->event[s.node[a]];
    const bool fence = from->kind == LFC_FENCE;
    row out, far; /* by one scb; by hb and eco, for fences */
    clear(out);
    clear(far);
    add(out, s.scb[s.node[a]]);
    for (int j = 0; fence && j < g->n; j++) {
      if (!hb(from, &g->event[j])) continue;
      add(out, s.scb[j]);
      add(far, s.eco[j]);
    }
    clear(s.edge[a]);
    for (int b = 0; b < s.nodes; b++) {
      const lfc_event *to = &g->event[s.node[b]];
      const bool fences = fence && to->kind == LFC_FENCE;
      if (!may_be_ordered(from, to)) continue;
      if (meet(out, s.in[b]) || (fences && (hb(from, to) || meet(far, s.in[b])))) set(s.edge[a], b);
    }
  }
}

static bool reaches_itself(void) {
  for (int k = 0; k < s.nodes; k++)
    for (int i = 0; i < s.nodes; i++)
      if (has(s.edge[i], k))
        for (int w = 0; w < (s.nodes + 63) / 64; w++) s.edge[i][w] |= s.edge[k][w];
  for (int i = 0; i < s.nodes; i++)
    if (has(s.edge[i], i)) return true;
  return false;
}

/* A new event is an end of psc edges only if it is seq_cst, or comes after a seq_cst fence. */
static bool may_matter(const lfc_graph *g, const lfc_event *e) {
  if (is_seq_cst(e)) return true;
  for (int i = 0; i < s.nodes; i++) {
    const lfc_event *fence = &g->event[s.node[i]];
    if (fence->kind == LFC_FENCE && hb(fence, e)) return true;
  }
  return false;
}

bool lfc_consistent_rc11(const lfc_graph *g, const uint16_t *changed, int count) {
  s.nodes = 0;
  for (uint16_t i = 0; i < g->n && s.nodes < NODES; i++)
    if (is_seq_cst(&g->event[i])) s.node[s.nodes++] = i;
  if (s.nodes < 2) return true;
  bool matters = false;
  for (int i = 0; i < count; i++) matters = matters || may_matter(g, &g->event[changed[i]]);
  if (!matters) return true;
  s.words = (g->n + 63) / 64;
  fill_scb(g);
  fill_eco(g);
  fill_in(g);
  fill_edges(g);
  return !reaches_itself();
}
