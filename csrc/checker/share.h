/* SPDX-License-Identifier: MIT */
/* share.h: one search in several processes. */
#ifndef LFC_SHARE_H
#define LFC_SHARE_H

#include <stdbool.h>
#include <stddef.h>

/* Puts the waiting graphs aside and lets `jobs` processes call work(i) for each, whoever is free takes the next. Work
 * answers 0 to go on; the first other answer ends all. Returns it, or 0; counts, histories, sites and what was found of
 * all processes are then here. */
int lfc_share(int jobs, int (*work)(size_t which));

/* Another process has found something: stop. */
bool lfc_share_is_over(void);

#endif
