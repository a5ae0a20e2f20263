/* SPDX-License-Identifier: MIT */
/* shadow.h: who accessed which bytes when: data races between plain accesses, and between plain and atomic ones.
 *
 * Vector clocks as in Flanagan and Freund, "FastTrack", PLDI 2009, kept for each thread and each set of bytes of a word:
 * a run with a race on a word reports one, whatever the order in which its threads took turns.
 */
#ifndef LFC_SHADOW_H
#define LFC_SHADOW_H

#include <stdint.h>

enum lfc_access { LFC_PLAIN_READ, LFC_PLAIN_WRITE, LFC_ATOMIC_READ, LFC_ATOMIC_WRITE, LFC_FREED };

/* The current thread accesses memory, at its time `now`; a conflict that happens-before doesn't order ends the run. */
void lfc_shadow(uint64_t address, uint64_t size, enum lfc_access what, uint8_t now, uint32_t site);

/* A new run: nothing was accessed yet. */
void lfc_shadow_reset(void);

#endif
