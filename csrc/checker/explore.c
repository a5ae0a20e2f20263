/* SPDX-License-Identifier: MIT */
#include "explore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "defect.h"
#include "locations.h"

/* ---- graphs that wait ---- */

enum { RESERVED_GIB = 64 };
typedef struct {
  size_t bytes; /* of this and the graph behind it */
  double weight;
  uint16_t n;
} header;

/* Each graph that is put aside takes half of what the run it comes from had left; what a finished run has left is done.
 * So a guess at the whole: executions over what is done. Knuth, "Estimating the efficiency of backtrack programs",
 * Math. Comp. 29, 1975. */
static double weight_left, weight_done;

static unsigned char *base, *top, *bottom;
static size_t waiting;

static void push(const lfc_graph *g) {
  weight_left /= 2;
  header h = {sizeof h + (size_t)g->n * sizeof(lfc_event), weight_left, g->n};
  h.bytes = (h.bytes + 15) / 16 * 16 + 16;
  memcpy(top, &h, sizeof h);
  memcpy(top + sizeof h, g->event, (size_t)g->n * sizeof(lfc_event));
  top += h.bytes;
  memcpy(top - sizeof h.bytes, &h.bytes, sizeof h.bytes);
  waiting++;
}

static void load(const unsigned char *from) {
  header h;
  memcpy(&h, from, sizeof h);
  lfc_g.n = h.n;
  weight_done += weight_left;
  weight_left = h.weight;
  memcpy(lfc_g.event, from + sizeof h, (size_t)h.n * sizeof(lfc_event));
}

void lfc_explore_init(void) {
  for (size_t gib = RESERVED_GIB; base == NULL && gib > 0; gib /= 4) { /* address space only; less where it is short */
    void *got = mmap(NULL, gib << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (got != MAP_FAILED) base = got;
  }
  if (base == NULL) {
    perror("lockfree-checker: no address space for graphs");
    exit(2);
  }
  top = bottom = base;
  waiting = 0;
  lfc_g.n = 0;
  weight_left = 2;
  push(&lfc_g);
  weight_left = weight_done = 0;
}

bool lfc_explore_next(void) {
  if (top == bottom) return false;
  size_t bytes;
  memcpy(&bytes, top - sizeof bytes, sizeof bytes);
  top -= bytes;
  load(top);
  waiting--;
  return true;
}

bool lfc_explore_oldest(void) {
  if (top == bottom) return false;
  header h;
  memcpy(&h, bottom, sizeof h);
  load(bottom);
  bottom += h.bytes;
  waiting--;
  return true;
}

double lfc_explore_done(void) { return weight_done; }

size_t lfc_explore_waiting(void) { return waiting; }

static unsigned char **aside;

size_t lfc_explore_set_aside(void) {
  const size_t count = waiting;
  free(aside);
  aside = malloc((count + 1) * sizeof *aside);
  if (aside == NULL) abort();
  unsigned char *at = bottom;
  for (size_t i = 0; i < count; i++) {
    header h;
    memcpy(&h, at, sizeof h);
    aside[i] = at;
    at += h.bytes;
  }
  bottom = top;
  waiting = 0;
  return count;
}

void lfc_explore_take(size_t which) {
  load(aside[which]);
  weight_left *= 2;
  push(&lfc_g);
  weight_left = 0;
}

/* ---- choices ---- */

static int pick(void) {
  for (int i = 0; i < lfc.threads; i++)
    if (lfc.thread[i].mid_update && lfc.thread[i].status == LFC_READY) return i;
  for (int i = 0; i < lfc.threads; i++)
    if (lfc_can_go_on(i)) return i;
  return -1;
}

static bool consistent(const lfc_graph *g, uint16_t a, uint16_t b) {
  const uint16_t changed[2] = {a, b};
  return lfc_allows(lfc_model_now, g, changed, a == b ? 1 : 2);
}

/* Tries `id` with what it may read, newest first; the first stays, the others wait. False: nothing is consistent. */
static bool try_reads(uint16_t id, uint16_t lowest) {
  lfc_event *e = &lfc_g.event[id];
  const lfc_thread *t = lfc_self();
  const lfc_word initial = lfc_initial(e->address, e->size);
  uint16_t ids[LFC_EVENTS];
  const int count = lfc_readable(&lfc_g, e->address, lowest, ids);
  lfc_event chosen;
  bool found = false;
  for (int i = 0; i < count; i++) {
    for (int spurious = 0; spurious < 2; spurious++) {
      if (spurious && (!(e->flags & LFC_F_WEAK) || !(e->flags & LFC_F_RMW))) break;
      if (spurious && lfc_spurious_failures(&lfc_g) >= lfc_limit.spurious) break;
      lfc_set_reads_from(&lfc_g, id, ids[i], initial, spurious, &t->hb, &t->porf);
      if (!consistent(&lfc_g, id, id)) continue;
      if (found) {
        push(&lfc_g);
      } else {
        chosen = *e;
        found = true;
      }
    }
  }
  if (found) *e = chosen;
  return found;
}

/* Tries write `id` (read by `reader`, or by nobody: then it is `id` itself) in each place from `lowest` on, last first.
 * If `keep`, the first stays and the others wait; else all wait. */
static bool try_places(lfc_graph *g, uint16_t id, uint16_t reader, uint16_t lowest, const lfc_event *read_half,
                       bool keep) {
  lfc_event *e = &g->event[id];
  uint16_t places[LFC_EVENTS], mo[LFC_EVENTS], chosen = 0;
  int count = 0;
  bool found = false;
  if (read_half) {
    const uint16_t rank = lfc_rank(g, read_half);
    if (rank < lowest || !lfc_may_follow(g, e->address, rank)) return false;
    places[count++] = rank;
  } else {
    e->mo = 0;
    count = lfc_places(g, id, lowest, places);
  }
  for (uint16_t i = 0; i < g->n; i++) mo[i] = g->event[i].mo;
  for (int i = 0; i < count; i++) {
    lfc_insert(g, id, places[i]);
    if (consistent(g, id, reader)) {
      if (keep && !found) {
        chosen = places[i];
      } else {
        push(g);
      }
      found = true;
    }
    for (uint16_t j = 0; j < g->n; j++) g->event[j].mo = mo[j];
  }
  if (keep && found) lfc_insert(g, id, chosen);
  return found;
}

/* ---- revisits ---- */

static bool depends(const lfc_event *a, const lfc_event *e) { return a->porf.at[e->thread] > e->index; }

/* Event `id` was added in the one way that allows its removal for `a`: it reads, or is, the last write in modification
 * order of what was there when it was added or is needed for a, and nobody there reads it. */
static bool was_added_last(const lfc_graph *g, uint16_t id, uint16_t a) {
  const lfc_event *e = &g->event[id];
  if (!lfc_is_access(e)) return true;
  if (e->flags & LFC_F_SPURIOUS) return false;
  const uint16_t rank = lfc_rank(g, e);
  for (uint16_t i = 0; i < g->n; i++) {
    const lfc_event *o = &g->event[i];
    if (o->address != e->address || !lfc_is_access(o) || i == a) continue;
    if (i > id && !depends(&g->event[a], o)) continue;
    if (o->kind == LFC_WRITE && o->mo > rank) return false;
    if (o->kind == LFC_READ && o->reads_from == id) return false;
  }
  return true;
}

static const lfc_event *previous_in_thread(const lfc_graph *g, const lfc_event *e) {
  for (uint16_t i = 0; i < g->n; i++) {
    const lfc_event *o = &g->event[i];
    if (e->index > 0 ? o->thread == e->thread && o->index == e->index - 1
                     : o->kind == LFC_CREATE && o->child == e->thread)
      return o;
  }
  return NULL;
}

static void revisit(uint16_t read, uint16_t write) {
  static lfc_graph changed;
  const lfc_event *a = &lfc_g.event[write];
  bool gone[LFC_EVENTS];
  uint16_t renumbered[LFC_EVENTS];
  for (uint16_t i = 0; i < lfc_g.n; i++) {
    gone[i] = i > read && i != write && !depends(a, &lfc_g.event[i]);
    if ((gone[i] || i == read) && !was_added_last(&lfc_g, i, write)) return;
  }
  lfc_copy_without(&changed, &lfc_g, gone, renumbered);
  const uint16_t w = renumbered[write], r = renumbered[read];
  lfc_event *e = &changed.event[w];
  const lfc_event *before = previous_in_thread(&changed, &changed.event[r]), *read_half = NULL;
  static const lfc_clock nothing;
  const lfc_clock *hb = before ? &before->hb : &nothing, *porf = before ? &before->porf : &nothing;
  uint16_t lowest = lfc_lowest_rank(&changed, e->address, hb);
  lfc_clock own = e->hb; /* without itself: its place is what we look for */
  own.at[e->thread]--;
  const uint16_t after = lfc_lowest_rank(&changed, e->address, &own);
  if (after > lowest) lowest = after;
  if (e->flags & LFC_F_RMW) read_half = previous_in_thread(&changed, e);
  lfc_set_reads_from(&changed, r, w, 0, false, hb, porf);
  (void)try_places(&changed, w, r, lowest, read_half, false);
  const lfc_event *again = &changed.event[r];
  if (!(again->flags & LFC_F_WEAK) || !(again->flags & LFC_F_RMW)) return;
  if (lfc_spurious_failures(&changed) >= lfc_limit.spurious) return;
  lfc_set_reads_from(&changed, r, w, 0, true, hb, porf);
  (void)try_places(&changed, w, r, lowest, read_half, false);
}

static void extend(const lfc_op *op) {
  lfc_thread *t = lfc_self();
  const lfc_clock before = t->hb;
  if (lfc_limit.loop > 0) lfc_check_loop(op->site);
  const uint16_t id = lfc_append(op);
  bool found = true;
  if (op->kind == LFC_READ) {
    found = try_reads(id, lfc_lowest_rank(&lfc_g, op->address, &before));
  } else if (op->kind == LFC_WRITE) {
    const lfc_event *a = &lfc_g.event[id];
    for (uint16_t r = 0; r < id; r++) {
      const lfc_event *e = &lfc_g.event[r];
      if (e->kind == LFC_READ && e->address == a->address && !depends(a, e)) revisit(r, id);
    }
    const lfc_event *read_half = a->flags & LFC_F_RMW ? &lfc_g.event[t->event[a->index - 1]] : NULL;
    found = try_places(&lfc_g, id, id, lfc_lowest_rank(&lfc_g, op->address, &before), read_half, true);
  }
  if (!found) lfc_end_run(LFC_DEAD);
}

const lfc_explorer lfc_exhaustive = {pick, extend};
