/* SPDX-License-Identifier: MIT */
/* search.h: run after run, until a defect is found or nothing remains. Each function answers, and ends the process. */
#ifndef LFC_SEARCH_H
#define LFC_SEARCH_H

#include "deviate.h"

typedef struct {
  uint64_t executions, seed; /* executions: at most; 0: any */
  double seconds;            /* at most; 0: any */
  int jobs, depth, most, deviations;
  int repeat; /* times to do all: small programs are timed so */
  bool progress;
  lfc_deviation deviation[LFC_DEVIATIONS];
} lfc_search_options;
extern lfc_search_options lfc_search;

extern void *(*lfc_program)(void *);

_Noreturn void lfc_search_exhaustive(void);
_Noreturn void lfc_search_random(void);
_Noreturn void lfc_search_replay(void);
_Noreturn void lfc_search_shortest(void);

void lfc_tick(void); /* starts the timer that finds runaways; a fork has none */

#endif
