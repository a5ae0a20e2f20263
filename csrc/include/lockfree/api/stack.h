/* SPDX-License-Identifier: MIT */
/* The surface of stack.h. Plain declarations: this file is also read by cffi. */
#ifndef LOCKFREE_API_STACK_H
#define LOCKFREE_API_STACK_H

#include "base.h"

typedef struct lf_stack lf_stack;

/* Set up. The caller owns the memory, aligned to LF_LINE; the stack holds no pointers. */

/* Bytes needed for indices 0 to capacity - 1, or 0 if capacity is 0 or above 2^31. */
static inline size_t lf_stack_size(size_t capacity);
/* Empty; NULL if mem is misaligned or shorter than lf_stack_size. */
static inline lf_stack *lf_stack_init(void *mem, size_t bytes, size_t capacity);
/* All indices inside, 0 on top. */
static inline lf_stack *lf_stack_init_full(void *mem, size_t bytes, size_t capacity);
/* A stack made by another process or binding. NULL if the bytes are not a stack of this version that fits. */
static inline lf_stack *lf_stack_attach(void *mem, size_t bytes);

/* Anybody. */

/* Gives an index to the stack, which must not be inside: OK, or TOO_BIG if it is not below the capacity. */
static inline lf_status lf_stack_push(lf_stack *stack, uint32_t index);
static inline lf_status lf_stack_pop(lf_stack *stack, uint32_t *index); /* OK EMPTY, CORRUPT in shared memory */
static inline size_t lf_stack_capacity(const lf_stack *stack);
static inline bool lf_stack_is_empty(const lf_stack *stack); /* at some moment during the call */

#endif
