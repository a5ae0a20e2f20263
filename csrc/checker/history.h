/* SPDX-License-Identifier: MIT */
/* history.h: what an execution ended with: observed values, and the history of marked operations. */
#ifndef LFC_HISTORY_H
#define LFC_HISTORY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

extern bool lfc_histories_wanted;

void lfc_history_reset(void);      /* a new run */
void lfc_history_take(bool whole); /* the run is complete: count its history and its values */
void lfc_history_forget(void);     /* exploration starts again */
void lfc_history_print_states(FILE *out);
void lfc_history_print(FILE *out);
void lfc_history_print_operations(FILE *out);

/* Between processes: all that was taken, to a pipe and from it. */
void lfc_history_send(FILE *out);
bool lfc_history_receive(FILE *in);

#endif
