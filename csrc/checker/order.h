/* SPDX-License-Identifier: MIT */
/* order.h: R of steps.h, the order in which the events of a graph happen, wherever memory need not be late. */
#ifndef LFC_ORDER_H
#define LFC_ORDER_H

#include "event.h"

/* Works it out for the run that has just ended. */
void lfc_order_fill(void);

/* How many events of `thread` are before the event or are it; and the first of its events that is after it or is it. */
uint8_t lfc_order_below(uint16_t id, int thread);
uint8_t lfc_order_above(uint16_t id, int thread);

#endif
