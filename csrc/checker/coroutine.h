/* SPDX-License-Identifier: MIT */
/* coroutine.h: threads of the program under test, one at a time on one thread of the system. */
#ifndef LFC_COROUTINE_H
#define LFC_COROUTINE_H

#include <stddef.h>

typedef struct {
  void *sp;             /* while it doesn't run */
  unsigned char *stack; /* lowest address, above a guard page */
  size_t bytes;
} lfc_coroutine;

enum { LFC_STACK = 256 * 1024 };

/* Allocates the stack if there is none yet, and arranges that the first switch to it calls body(). */
void lfc_coroutine_start(lfc_coroutine *co, void (*body)(void));

/* Saves what runs now in *from, and goes on with what *to was saved in. Six or ten registers. */
void lfc_switch(void **from, void *to);

#endif
