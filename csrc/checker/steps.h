/* SPDX-License-Identifier: MIT */
/* steps.h: how many steps marked operations take: each, alone, and the whole system between two completions.
 *
 * A step is an event of the graph between an operation's invoke and its return, or after the invoke where it never
 * returns; an update's two halves are one step. The three figures are maxima over all graphs explored:
 *
 *   most_steps            of one operation                                      wait-free: stays under a bound
 *   between_completions   of all operations together while none of them returns lock-free: stays under a bound
 *   alone                 of one operation while nobody else takes a step       non-blocking: stays under a bound
 *
 * The last two are about the order in which things happen, and a graph stands for many orders. An order of a graph is a
 * linear extension of R: program order, creation, joins, reads-from; and modification order and from-reads (a read
 * before the store that overwrites what it read) wherever these close no cycle. So memory is fair: a store is late for a
 * reader only where the graph is impossible otherwise. Without that no lock-free loop has a bound, since a thread
 * that sees each store of others late may fail once for each of them after they have all completed.
 *
 * between_completions is exact, the maximum over all of those orders. Between two completions the events are D' minus D
 * for two sets closed downwards in R. Say which return of each thread is its last in D. Then D has at least all that is
 * below those returns, and D' at most what is not above each thread's next return; if the least D lies in the largest
 * D', both are the ends of such a stretch in some order, and no stretch with these returns is longer. All choices of
 * returns are tried.
 *
 * alone: events a to b of a thread can happen with nothing between exactly if no event of another thread is above a and
 * below b.
 *
 * That threads stop for ever, at any step, any number of them, needs no search of its own: what the others do then is
 * the beginning of an execution in which the stopped go on later (RC11 lets every consistent graph grow), so each such
 * stretch lies in a graph that was explored. What must be explored is loops that only wait, round by round:
 * --no-spin. A graph cut by a bound counts up to the cut.
 */
#ifndef LFC_STEPS_H
#define LFC_STEPS_H

#include <stdbool.h>
#include <stdio.h>

/* Declared: more steps than these are a defect. -1: not declared. */
typedef struct {
  int wait_free, lock_free, non_blocking;
} lfc_step_limits;
extern lfc_step_limits lfc_step_limit;

extern bool lfc_steps_wanted; /* between_completions and alone, which cost time */

/* After a run that was complete, blocked or cut. True: it took more than was declared, which is in lfc_found. */
bool lfc_steps_take(void);

void lfc_steps_forget(void);
void lfc_steps_print(FILE *out);
void lfc_steps_send(FILE *out);
bool lfc_steps_receive(FILE *in);

#endif
