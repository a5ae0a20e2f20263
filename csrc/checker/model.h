/* SPDX-License-Identifier: MIT */
/* model.h: memory models: whether a graph is consistent.
 *
 * Coherence and atomicity hold by construction, since explore.c offers only places that they allow; a model adds the
 * rest. po and rf together have no cycle, by construction too: there is no load buffering under any model.
 * A graph was consistent before `changed` (one or two events) was added or re-read, so that only cycles through those
 * need looking for.
 */
#ifndef LFC_MODEL_H
#define LFC_MODEL_H

#include "graph.h"

typedef struct {
  const char *name;
  bool (*consistent)(const lfc_graph *g, const uint16_t *changed, int count);
  bool orders_reads; /* as lfc_reads_order of graph.h */
} lfc_model;

/* RC11: Lahav, Vafeiadis, Kang, Hur and Dreyer, "Repairing sequential consistency in C/C++11", PLDI 2017; release
 * sequences as in C++20; light and heavy fences as in Goldblatt, WG21 P1202. */
bool lfc_consistent_rc11(const lfc_graph *g, const uint16_t *changed, int count);

/* Sequential consistency: Lamport 1979; Shasha and Snir 1988 (no cycle in po, rf, mo and fr). */
bool lfc_consistent_sc(const lfc_graph *g, const uint16_t *changed, int count);

/* x86-TSO: Owens, Sarkar and Sewell, TPHOLs 2009, in the axioms of Alglave, Maranget and Tautschnig, TOPLAS 2014, under
 * the mapping that compilers use: seq_cst store and every update locked, seq_cst fence mfence, all else plain. */
bool lfc_consistent_tso(const lfc_graph *g, const uint16_t *changed, int count);

/* True if `model` allows the graph. What reads or writes last in modification order has nothing after it yet, so no cycle
 * goes through it: such a change needs no look. */
bool lfc_allows(const lfc_model *model, const lfc_graph *g, const uint16_t *changed, int count);

const lfc_model *lfc_model_named(const char *name);

#endif
