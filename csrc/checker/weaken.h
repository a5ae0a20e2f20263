/* SPDX-License-Identifier: MIT */
/* weaken.h: at run time, another order at a site; and what the program asks of the system about fences. */
#ifndef LFC_WEAKEN_H
#define LFC_WEAKEN_H

#include <stdbool.h>
#include <stdint.h>

enum lfc_which { LFC_OWN, LFC_FAILURE, LFC_DROP };

/* The order to use at this site: as asked, unless weakened. LFC_DROP: not 0 if a fence is to be left out. */
uint8_t lfc_weakened(uint32_t site, enum lfc_which which, uint8_t order);

/* "OFFSET:WHICH:ORDER,..."; false: not understood. */
bool lfc_weaken(const char *text);

/* Compiler fences count as light fences, since the program uses membarrier. Learned on the way. */
bool lfc_fences_are_asymmetric(void);
void lfc_use_membarrier(void); /* ends the run where it is news */
void lfc_assume_membarrier(void);

#endif
