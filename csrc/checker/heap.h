/* SPDX-License-Identifier: MIT */
/* heap.h: the program's malloc: addresses that don't depend on the schedule, and blocks that are never used again.
 *
 * Each thread takes from an arena of its own, upwards; a run begins with empty arenas.
 */
#ifndef LFC_HEAP_H
#define LFC_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"

void lfc_heap_reset(void);
void *lfc_heap_new(size_t bytes, size_t alignment, bool zero, uint32_t site);
void lfc_heap_free(void *block, uint32_t site);
void lfc_heap_forget(void *block);       /* freed by whoever counts its users for us: no access is checked against it */
size_t lfc_heap_size(const void *block); /* 0: not a block */

/* An access: use after free, or outside every block, ends the run. `initialises`: it is plain, so that an atomic there
 * has an initial value from now on. */
void lfc_heap_access(uint64_t address, uint64_t size, bool writes, bool initialises, uint32_t site);
/* An atomic read of what no write put there: ends the run if the block was never written at that place. */
void lfc_heap_read_initial(uint64_t address, uint64_t size, lfc_word value, uint32_t site);

/* The first block that is still there when the run has ended; its site, or 0. `bytes` gets its size. */
uint32_t lfc_heap_leak(size_t *bytes, int *blocks);

#endif
