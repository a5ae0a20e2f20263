/* SPDX-License-Identifier: MIT */
/* access.h: what the program does to memory, from the compiler's calls to events. */
#ifndef LFC_ACCESS_H
#define LFC_ACCESS_H

#include "event.h"

enum lfc_update { LFC_EXCHANGE, LFC_ADD, LFC_SUB, LFC_AND, LFC_OR, LFC_XOR, LFC_NAND };

lfc_word lfc_atomic_load(uint64_t address, uint8_t size, int order, uint32_t site, const void *frame);
void lfc_atomic_store(uint64_t address, uint8_t size, lfc_word value, int order, uint32_t site);
lfc_word lfc_atomic_update(uint64_t address, uint8_t size, enum lfc_update what, lfc_word operand, int order,
                           uint32_t site, const void *frame);
bool lfc_atomic_cas(uint64_t address, uint8_t size, lfc_word *expected, lfc_word desired, int order, int failure,
                    bool weak, uint32_t site, const void *frame);
void lfc_atomic_fence(int order, enum lfc_flag kind, uint32_t site); /* 0, LFC_F_LIGHT, LFC_F_HEAVY */
void lfc_plain(uint64_t address, uint64_t size, bool writes, uint32_t site);

/* Locations that the program doesn't have: words of mutexes and the like, which lie where its mutex lies. Outside a run
 * they are memory and nothing more, and no wait ends or begins. */
typedef lfc_word lfc_change(lfc_word old, int thread); /* what an update makes of it; thread: the current one */
enum { LFC_NONE_OF = 127 }; /* with this bit set, a mask means: until none of its bits is set */

void lfc_hidden_lock(uint64_t address, uint32_t site); /* 0 to 1, acquire; waits */
uint32_t lfc_hidden_try(uint64_t address, int failure, uint32_t site,
                        const void *frame);                               /* the same if it is 0; what it was */
void lfc_hidden_store(uint64_t address, uint32_t value, uint32_t site);   /* release */
uint32_t lfc_hidden_add(uint64_t address, uint32_t value, uint32_t site); /* acquire and release; what was there */
uint32_t lfc_hidden_load(uint64_t address, uint32_t site);                /* acquire */
void lfc_hidden_await(uint64_t address, uint32_t old, uint32_t site);     /* until it is not `old`; acquire */

/* Updates by `change`, and returns what was there; shown as a wait or a wake-up. */
lfc_word lfc_hidden_update(uint64_t address, uint8_t size, lfc_change *change, int order, bool waits, uint32_t site);
/* Waits until a bit of the mask is set, then updates, and returns what was there. */
lfc_word lfc_hidden_when(uint64_t address, uint8_t size, lfc_word mask, lfc_change *change, int order, uint32_t site);
/* The same if one is set now: true. */
bool lfc_hidden_if(uint64_t address, uint8_t size, lfc_word mask, lfc_change *change, int order, uint32_t site,
                   const void *frame);

/* What a plain store put where atomics live becomes an event before the thread's next one. */
void lfc_flush_plain(void);

#endif
