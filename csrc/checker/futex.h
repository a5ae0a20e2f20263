/* SPDX-License-Identifier: MIT */
/* futex.h: sleeping on a word, and the program's clock and dice, for the C++ library too. */
#ifndef LFC_FUTEX_H
#define LFC_FUTEX_H

#include <stdbool.h>
#include <stdint.h>

bool lfc_futex_wait(uint32_t *word, uint32_t value, uint32_t site); /* false: the word is not `value` */
int lfc_futex_wake(uint32_t *word, int most, uint32_t site);        /* how many were woken */

uint64_t lfc_time(void); /* seconds since 1970 */
uint32_t lfc_random(void);

#endif
