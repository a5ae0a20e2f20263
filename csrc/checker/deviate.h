/* SPDX-License-Identifier: MIT */
/* deviate.h: single runs, steered: by a list of deviations, at random, or in search of the fewest deviations.
 *
 * At a step with more than one possibility, 0 is the ordinary one: the same thread goes on, a read takes the newest
 * value, a write comes last, a weak compare-exchange does not fail for nothing. Anything else deviates.
 * Random: priorities and points of change as in Burckhardt, Kothari, Musuvathi and Nagarakatte, "A randomized scheduler
 * with probabilistic guarantees of finding bugs", ASPLOS 2010, with stale reads besides.
 */
#ifndef LFC_DEVIATE_H
#define LFC_DEVIATE_H

#include "execution.h"

extern const lfc_explorer lfc_steered;

enum { LFC_DEVIATIONS = 16 };
typedef struct {
  int step, choice;
} lfc_deviation;

/* Before a run. */
void lfc_deviate_by(const lfc_deviation *list, int count);
void lfc_deviate_at_random(uint64_t seed, int depth);

/* After it: steps with more than one possibility, and how many; what was chosen other than 0. */
int lfc_steps(void);
int lfc_possibilities(int step);
int lfc_deviated(lfc_deviation *list, int most);

#endif
