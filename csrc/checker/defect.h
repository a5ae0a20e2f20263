/* SPDX-License-Identifier: MIT */
/* defect.h: how a run is found wrong, or found not to be judged. */
#ifndef LFC_DEFECT_H
#define LFC_DEFECT_H

#include <stdbool.h>
#include <stdint.h>

enum lfc_verdict {
  LFC_V_OK,
  LFC_V_RACE,
  LFC_V_ASSERTION,
  LFC_V_DEADLOCK,
  LFC_V_LIVELOCK,
  LFC_V_USE_AFTER_FREE,
  LFC_V_DOUBLE_FREE,
  LFC_V_LEAK,
  LFC_V_UNINITIALISED,
  LFC_V_PROGRESS,
  LFC_V_CRASH,
  LFC_V_BOUND,
  LFC_V_UNSUPPORTED,
  LFC_V_NONDETERMINISTIC,
  LFC_V_NOT_LINEARIZABLE,
};

extern const char *const lfc_verdict_name[];

typedef struct {
  enum lfc_verdict verdict;
  char message[400];
  uint32_t site;
  int thread;
  int other; /* the other access of a race, as an id of the trace; -1: none */
  uint8_t other_thread, other_now;
  uint32_t other_site;
} lfc_finding;
extern lfc_finding lfc_found;

/* Ends the run: the current thread did something wrong at `site`. */
_Noreturn void lfc_defect(enum lfc_verdict verdict, uint32_t site, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, after the run, of no thread in particular. */
void lfc_note_defect(enum lfc_verdict verdict, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Ends the run: a thread has too many events. Counted, not a defect. */
_Noreturn void lfc_bound_hit(uint32_t site);
void lfc_check_loop(uint32_t site);

enum { LFC_BOUND_SITES = 16 };
extern uint32_t lfc_bound_sites[LFC_BOUND_SITES];
extern int lfc_bound_sites_count;
void lfc_bound_site_seen(uint32_t site); /* once */

#endif
