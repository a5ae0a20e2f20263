/* SPDX-License-Identifier: MIT */
#include "locations.h"

#include <stdlib.h>
#include <string.h>

#include "defect.h"
#include "execution.h"
#include "shadow.h"

typedef struct {
  uint64_t address;
  lfc_word initial;
  uint32_t generation;
  uint8_t size;
} location;

enum { SLOTS = 8192, MASK = SLOTS - 1 };
static location table[SLOTS];
static uint8_t sizes_seen; /* bit k: an atomic of 1 << k bytes was met in any run */

static location *slot_of(uint64_t address) {
  uint64_t h = (address >> 2) * 0x9E3779B97F4A7C15u;
  for (uint64_t i = h >> 40;; i++) {
    location *l = &table[i & MASK];
    if (l->generation != lfc.generation || l->address == address) return l;
  }
}

lfc_word lfc_load_for_real(uint64_t address, uint8_t size) {
  lfc_word value = 0;
  memcpy(&value, (const void *)(uintptr_t)address, size);
  return value;
}

void lfc_store_for_real(uint64_t address, uint8_t size, lfc_word value) {
  memcpy((void *)(uintptr_t)address, &value, size);
}

lfc_word lfc_initial(uint64_t address, uint8_t size) {
  location *l = slot_of(address);
  if (l->generation == lfc.generation) {
    if (l->size != size)
      lfc_defect(LFC_V_UNSUPPORTED, 0, "an atomic is accessed with two sizes, %d and %d bytes", l->size, size);
    return l->initial;
  }
  uint64_t other;
  const uint8_t found = lfc_atomic_at(address, size, &other);
  if (found) lfc_defect(LFC_V_UNSUPPORTED, 0, "atomics of %d and %d bytes overlap", found, size);
  l->address = address;
  l->size = size;
  l->generation = lfc.generation;
  l->initial = lfc_load_for_real(address, size);
  sizes_seen |= size;
  return l->initial;
}

uint8_t lfc_atomic_at(uint64_t address, uint64_t size, uint64_t *where) {
  if (size == 0 || sizes_seen == 0 || !lfc_shadow_has_atomic(address, size)) return 0;
  if (size > 64) { /* a range: the table may be shorter than it */
    for (int i = 0; i < SLOTS; i++) {
      const location *l = &table[i];
      if (l->generation == lfc.generation && l->address < address + size && l->address + l->size > address)
        return *where = l->address, l->size;
    }
    return 0;
  }
  const uint64_t first = sizes_seen >= 16 ? address - 15 : sizes_seen >= 8 ? address - 7 : address - 3;
  const uint64_t step = sizes_seen & 1 ? 1 : sizes_seen & 2 ? 2 : sizes_seen & 4 ? 4 : 8;
  for (uint64_t a = (first + step - 1) / step * step; a < address + size; a += step) {
    const location *l = slot_of(a);
    if (l->generation == lfc.generation && a + l->size > address) return *where = a, l->size;
  }
  return 0;
}
