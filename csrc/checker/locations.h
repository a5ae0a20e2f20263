/* SPDX-License-Identifier: MIT */
/* locations.h: what atomics held before their first atomic access in this run. */
#ifndef LFC_LOCATIONS_H
#define LFC_LOCATIONS_H

#include "event.h"

/* The value that was there when this run first met the location; reads memory if that is now. Mixed sizes end the run. */
lfc_word lfc_initial(uint64_t address, uint8_t size);

/* Memory is kept at what was stored last, for plain accesses and functions that look without being asked. */
void lfc_store_for_real(uint64_t address, uint8_t size, lfc_word value);
lfc_word lfc_load_for_real(uint64_t address, uint8_t size);

/* The size of the atomic that an access to [address, address + size) touches, and its address; 0: none. */
uint8_t lfc_atomic_at(uint64_t address, uint64_t size, uint64_t *where);

#endif
