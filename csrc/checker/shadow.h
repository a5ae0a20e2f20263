/* SPDX-License-Identifier: MIT */
/* shadow.h: who accessed which bytes when: data races between plain accesses, and between plain and atomic ones.
 *
 * Vector clocks as in Flanagan and Freund, "FastTrack", PLDI 2009, kept for each thread and each set of bytes of a word:
 * a run with a race on a word reports one, whatever the order in which its threads took turns.
 */
#ifndef LFC_SHADOW_H
#define LFC_SHADOW_H

#include <stdbool.h>
#include <stdint.h>

enum lfc_access { LFC_PLAIN_READ, LFC_PLAIN_WRITE, LFC_ATOMIC_READ, LFC_ATOMIC_WRITE, LFC_FREED };

/* The current thread accesses memory, at its time `now`; a conflict that happens-before doesn't order ends the run.
 * True if an atomic of this run shares a word of eight bytes with it. */
bool lfc_shadow(uint64_t address, uint64_t size, enum lfc_access what, uint8_t now, uint32_t site);

/* True if an access of the current thread like this was the last here, it has released nothing since, and no atomic
 * shares the word: nothing new can come of it. */
bool lfc_shadow_knows(uint64_t address, uint64_t size, enum lfc_access what);

/* That alone. */
bool lfc_shadow_has_atomic(uint64_t address, uint64_t size);

/* A new run: nothing was accessed yet. */
void lfc_shadow_reset(void);

#endif
