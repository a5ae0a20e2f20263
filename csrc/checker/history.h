/* SPDX-License-Identifier: MIT */
/* history.h: what an execution ended with: observed values, and the history of marked operations. */
#ifndef LFC_HISTORY_H
#define LFC_HISTORY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A marked operation of the run, by how many events of its thread precede its invoke and its return. */
enum { LFC_MARKS = 64 };
typedef struct {
  const char *name;
  uint32_t site;
  uint8_t thread, began, ended;
  bool pending;
} lfc_mark;

extern bool lfc_histories_wanted;

/* A history that somebody else has judged: the execution that has it is a defect. An operation a semicolon, as
 * "1 push 5 ok 0 0 3": thread, name, argument, answer, value, pending, and the bits of those before it. */
extern const char *lfc_history_refused;

bool lfc_history_take(bool whole);      /* the run is complete: counts its history and its values; is it the refused? */
int lfc_history_marks(lfc_mark *marks); /* those of the run that has ended; how many */
void lfc_history_forget(void);          /* exploration starts again */
void lfc_history_print_states(FILE *out);
void lfc_history_print(FILE *out);

/* Between processes: all that was taken, to a pipe and from it. */
void lfc_history_send(FILE *out);
bool lfc_history_receive(FILE *in);

#endif
