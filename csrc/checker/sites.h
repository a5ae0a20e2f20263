/* SPDX-License-Identifier: MIT */
/* sites.h: atomic operations of the program, by the place that calls them, and which of them synchronized. */
#ifndef LFC_SITES_H
#define LFC_SITES_H

#include <stdbool.h>
#include <stdio.h>

#include "event.h"
#include "execution.h"

extern bool lfc_synchronizes_wanted;

void lfc_site_seen(const lfc_op *op);
void lfc_synchronizes_take(void); /* after a run */
void lfc_sites_print(FILE *out);
void lfc_synchronizes_print(FILE *out);
void lfc_sites_send(FILE *out);
bool lfc_sites_receive(FILE *in);

#endif
