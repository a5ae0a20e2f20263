/* SPDX-License-Identifier: MIT */
/* waiters.h: who waits on a condition or a futex, in one word of 16 bytes, so that each step is one update.
 *
 *   waiting    threads that began to wait and were not woken
 *   released   threads that were woken for sure, and have not gone on yet
 *   token[i]   a signal that one thread of this set takes; which, the exploration chooses by who takes it first
 *
 * A signal's set is who waited then: a thread that comes later can't take it. Sets grow from the oldest token to the
 * newest, whoever goes on takes the oldest that he may, and a set with no more threads than tokens up to it is
 * released; so nobody who must be woken stays behind.
 */
#ifndef LFC_WAITERS_H
#define LFC_WAITERS_H

#include <stdbool.h>
#include <stdint.h>

enum { LFC_WAITERS_BYTES = 16 };

/* `order`: LFC_RELAXED for conditions, whose mutex orders; LFC_ACQ_REL for futexes, whose bucket's lock does. */
void lfc_waiters_enter(uint64_t address, int order, uint32_t site);
void lfc_waiters_leave(uint64_t address, uint32_t site); /* once woken */
bool lfc_waiters_leave_if_woken(uint64_t address, uint32_t site);
bool lfc_waiters_give_up(uint64_t address, int order, uint32_t site); /* true: was woken meanwhile */

/* How many were woken; `most` < 0: all. */
int lfc_waiters_wake(uint64_t address, int most, int order, uint32_t site);

/* Waits until all who were woken have gone on; true if others still wait. */
bool lfc_waiters_drain(uint64_t address, uint32_t site);

#endif
