/* SPDX-License-Identifier: MIT */
#include "graph.h"

#include <stddef.h>
#include <string.h>

uint16_t lfc_lowest_rank(const lfc_graph *g, uint64_t address, const lfc_clock *hb) {
  uint16_t lowest = 0;
  for (uint16_t i = 0; i < g->n; i++) {
    const lfc_event *e = &g->event[i];
    if (e->address != address || !lfc_is_access(e) || !lfc_happens_before(e, hb)) continue;
    const uint16_t rank = lfc_rank(g, e);
    if (rank > lowest) lowest = rank;
  }
  return lowest;
}

const lfc_event *lfc_next_in_order(const lfc_graph *g, uint64_t address, uint16_t rank) {
  const lfc_event *next = NULL;
  for (uint16_t i = 0; i < g->n; i++) {
    const lfc_event *e = &g->event[i];
    if (e->kind != LFC_WRITE || e->address != address || e->mo <= rank) continue;
    if (next == NULL || e->mo < next->mo) next = e;
  }
  return next;
}

bool lfc_is_newest(const lfc_graph *g, uint64_t address, uint16_t rank) {
  return lfc_next_in_order(g, address, rank) == NULL;
}

void lfc_insert(lfc_graph *g, uint16_t id, uint16_t rank) {
  lfc_event *write = &g->event[id];
  write->mo = 0;
  for (uint16_t i = 0; i < g->n; i++) {
    lfc_event *e = &g->event[i];
    if (e->kind == LFC_WRITE && e->address == write->address && e->mo > rank) e->mo++;
  }
  write->mo = (uint16_t)(rank + 1);
}

bool lfc_may_follow(const lfc_graph *g, uint64_t address, uint16_t rank) {
  /* An update's write stands directly after what its read read, whatever else was taken out. */
  const lfc_event *next = lfc_next_in_order(g, address, rank);
  return next == NULL || !(next->flags & LFC_F_RMW);
}

bool lfc_reads_order;

int lfc_readable(const lfc_graph *g, uint64_t address, uint16_t lowest, uint16_t *ids) {
  int count = 0;
  for (uint16_t i = 0; i < g->n; i++) {
    const lfc_event *w = &g->event[i];
    if (w->kind != LFC_WRITE || w->address != address || w->mo < lowest) continue;
    int at = count++;
    for (; at > 0 && g->event[ids[at - 1]].mo < w->mo; at--) ids[at] = ids[at - 1];
    ids[at] = i;
  }
  if (lowest == 0) ids[count++] = LFC_INITIAL;
  return count;
}

int lfc_places(const lfc_graph *g, uint16_t id, uint16_t lowest, uint16_t *places) {
  const uint64_t address = g->event[id].address;
  uint16_t ids[LFC_EVENTS];
  const int all = lfc_readable(g, address, lowest, ids);
  int count = 0;
  for (int i = 0; i < all; i++) {
    const uint16_t rank = ids[i] == LFC_INITIAL ? 0 : g->event[ids[i]].mo;
    if (ids[i] != id && lfc_may_follow(g, address, rank)) places[count++] = rank;
  }
  return count;
}

int lfc_spurious_failures(const lfc_graph *g) {
  int count = 0;
  for (uint16_t i = 0; i < g->n; i++) count += (g->event[i].flags & LFC_F_SPURIOUS) != 0;
  return count;
}

void lfc_set_reads_from(lfc_graph *g, uint16_t id, uint16_t write, lfc_word initial, bool spurious,
                        const lfc_clock *before, const lfc_clock *porf_before) {
  lfc_event *e = &g->event[id];
  const lfc_event *w = write == LFC_INITIAL ? NULL : &g->event[write];
  e->reads_from = write;
  e->value = w ? w->value : initial;
  if (e->flags & LFC_F_CAS) {
    const bool succeeds = lfc_matches(e->flags, e->value, e->expected) && !spurious;
    e->flags = (uint8_t)(e->flags & ~(LFC_F_RMW | LFC_F_SPURIOUS));
    if (succeeds) e->flags |= LFC_F_RMW;
    if (spurious) e->flags |= LFC_F_SPURIOUS;
    e->order = succeeds ? e->success : e->failure;
  }
  e->hb = *before;
  e->porf = *porf_before;
  e->hb.at[e->thread] = e->porf.at[e->thread] = (uint8_t)(e->index + 1);
  if (w == NULL) return;
  lfc_clock_join(&e->porf, &w->porf);
  if (lfc_reads_order) {
    lfc_clock_join(&e->hb, &w->hb);
  } else if (lfc_acquires(e->order)) {
    lfc_clock_join(&e->hb, &w->rel);
  }
}

void lfc_copy_without(lfc_graph *to, const lfc_graph *from, const bool *gone, uint16_t *renumbered) {
  uint16_t n = 0;
  for (uint16_t i = 0; i < from->n; i++) {
    if (gone[i]) continue;
    renumbered[i] = n;
    memcpy(&to->event[n++], &from->event[i], sizeof(lfc_event));
  }
  to->n = n;
  for (uint16_t i = 0; i < n; i++) {
    lfc_event *e = &to->event[i];
    if (e->kind == LFC_READ && e->reads_from != LFC_INITIAL) e->reads_from = renumbered[e->reads_from];
  }
}
