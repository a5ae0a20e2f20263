/* SPDX-License-Identifier: MIT */
/* report.h: the runner's answer. */
#ifndef LFC_REPORT_H
#define LFC_REPORT_H

#include <stdbool.h>

#include "defect.h"

typedef struct {
  const char *scenario, *model, *mode;
  double began;
} lfc_question;
extern lfc_question lfc_asked;

double lfc_seconds(void);

/* What the program prints is dropped from here on or, with `keep`, goes to standard error, as it is printed: a run that
 * ends in a defect flushes nothing. Our answers have their own copy of standard output. False: no more descriptors. */
bool lfc_divert_output(bool keep);
void lfc_progress(void);

/* Prints the answer and ends the process: 0, 1 or 2. `trace`: the last run was traced. */
_Noreturn void lfc_answer(enum lfc_verdict verdict, const char *message, bool trace);

#endif
