/* SPDX-License-Identifier: MIT */
/* ends.h: a thread of the program ends. */
#ifndef LFC_ENDS_H
#define LFC_ENDS_H

/* Runs, in the current thread, what it and the program left to be done at its end. */
void lfc_run_ends(void);

#endif
