/* SPDX-License-Identifier: MIT */
/* graph.h: an execution graph: events in the order in which they were added, reads-from, modification order.
 *
 * Events of a thread keep program order among themselves. Ids are positions in the array; taking events out renumbers.
 */
#ifndef LFC_GRAPH_H
#define LFC_GRAPH_H

#include "event.h"

typedef struct {
  uint16_t n;
  lfc_event event[LFC_EVENTS];
} lfc_graph;

/* Place of what an access read or wrote in its location's modification order; 0 is the initial value. */
static inline uint16_t lfc_rank(const lfc_graph *g, const lfc_event *e) {
  if (e->kind == LFC_WRITE) return e->mo;
  return e->reads_from == LFC_INITIAL ? 0 : g->event[e->reads_from].mo;
}

static inline bool lfc_is_access(const lfc_event *e) { return e->kind <= LFC_WRITE; }

/* Lowest place that an access of `address` may have that comes after `hb`: coherence. */
uint16_t lfc_lowest_rank(const lfc_graph *g, uint64_t address, const lfc_clock *hb);

/* The write directly after place `rank` in modification order, or NULL. */
const lfc_event *lfc_next_in_order(const lfc_graph *g, uint64_t address, uint16_t rank);

/* True if the write at place `rank` is the last. */
bool lfc_is_newest(const lfc_graph *g, uint64_t address, uint16_t rank);

/* What a read of `address` may read from place `lowest` on, the newest first: ids, LFC_INITIAL last. Returns how many. */
int lfc_readable(const lfc_graph *g, uint64_t address, uint16_t lowest, uint16_t *ids);

/* After which places from `lowest` on write `id` may stand, the last first. Returns how many. */
int lfc_places(const lfc_graph *g, uint16_t id, uint16_t lowest, uint16_t *places);

/* Weak compare-exchanges that failed without reason. */
int lfc_spurious_failures(const lfc_graph *g);

/* Puts write `id` directly after place `rank`. */
void lfc_insert(lfc_graph *g, uint16_t id, uint16_t rank);

/* True if a write may go directly after place `rank`: no update read what stands there. */
bool lfc_may_follow(const lfc_graph *g, uint64_t address, uint16_t rank);

/* Under sc and tso each read orders what its store's thread did before, whatever order the program asked for: the machine
 * keeps both. So a race there is one that the machine shows, not one of the language. */
extern bool lfc_reads_order;

/* Sets what a read reads, and all that follows from it: value, order, success, clocks. `before` and `porf_before` are
 * its thread's clocks just before it. */
void lfc_set_reads_from(lfc_graph *g, uint16_t id, uint16_t write, lfc_word initial, bool spurious,
                        const lfc_clock *before, const lfc_clock *porf_before);

/* Copies of `from` without the events marked in `gone`, into `to`; `renumbered` gets the new ids. */
void lfc_copy_without(lfc_graph *to, const lfc_graph *from, const bool *gone, uint16_t *renumbered);

#endif
