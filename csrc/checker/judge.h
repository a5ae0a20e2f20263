/* SPDX-License-Identifier: MIT */
/* judge.h: what a run that has ended says: complete, blocked, cut, or a defect. */
#ifndef LFC_JUDGE_H
#define LFC_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
  uint64_t executions, blocked, bound_hits, dead;
} lfc_counts;
extern lfc_counts lfc_count;

extern bool lfc_leaks_allowed;

/* After a run: counts it; true if it was a defect, which is in lfc_found. */
bool lfc_judge(void);

#endif
