/* SPDX-License-Identifier: MIT */
/* explore.h: every consistent execution graph, each once.
 *
 * TruSt: Kokologiannakis, Marmanis, Gladstein and Vafeiadis, "Truly stateless, optimal dynamic partial order
 * reduction", POPL 2022. A new read is tried with each write that is there; a new write, besides its places in
 * modification order, is given to each earlier read that it does not depend on, and what was added after that read
 * goes, unless it is needed for the write. That happens only if what goes was added in the one way (each read the
 * newest, each write last) that makes the removal unique. What remains to be tried lies on a stack as whole graphs, so
 * memory is bounded by depth, not by the number of executions.
 */
#ifndef LFC_EXPLORE_H
#define LFC_EXPLORE_H

#include "execution.h"

extern const lfc_explorer lfc_exhaustive;

void lfc_explore_init(void);   /* one graph to do: the empty one */
bool lfc_explore_next(void);   /* the next graph into lfc_g; false: all done */
bool lfc_explore_oldest(void); /* likewise, but the one that waits longest: likely the largest */
double lfc_explore_done(void); /* a guess: which part of all, 0 to 1 */
size_t lfc_explore_waiting(void);
/* Puts the waiting graphs aside, to be taken one by one, each with what follows from it. */
size_t lfc_explore_set_aside(void);
void lfc_explore_take(size_t which);

#endif
