/* SPDX-License-Identifier: MIT */
/* trace.h: what happened in one run, step by step, for people; kept only while lfc.tracing. */
#ifndef LFC_TRACE_H
#define LFC_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

void lfc_trace_start(void);
void lfc_trace_event(uint16_t id);
void lfc_trace_plain(bool writes, uint64_t address, uint64_t size, uint32_t site);
void lfc_trace_block(const char *kind, uint64_t address, size_t bytes, uint32_t site);  /* malloc, free */
void lfc_trace_mark(const char *kind, const char *name, uint64_t value, uint32_t site); /* invoke, return */
void lfc_trace_fault(uint32_t site, const char *message);
void lfc_trace_blocked(void); /* at the end: who waits */
void lfc_trace_print(FILE *out);
const char *lfc_order_name(uint8_t order);

/* Where the program called the runner, so that the callers can be told. */
extern const void *lfc_frame;

#endif
