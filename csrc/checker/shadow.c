/* SPDX-License-Identifier: MIT */
#include "shadow.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "defect.h"
#include "execution.h"
#include "object.h"

typedef struct {
  uint32_t site;
  uint8_t mask; /* bytes of the word; 0: no record */
  uint8_t thread, now, what;
} record;

typedef struct {
  record r;
  uint32_t next; /* in `more`; 0: none */
} link;

typedef struct {
  uint64_t word;
  uint32_t generation;
  uint32_t older; /* in `more` */
  record newest;
  bool atomic; /* an atomic access was here */
} cell;

static cell *cells;
static uint32_t cell_count, cells_used;
static link *more;
static uint32_t more_count, more_most;

void lfc_shadow_reset(void) {
  if (cells == NULL) {
    cell_count = 1u << 14;
    cells = calloc(cell_count, sizeof *cells);
    more_most = 1u << 16;
    more = malloc(more_most * sizeof *more);
    if (cells == NULL || more == NULL) abort();
  }
  more_count = 1;
  cells_used = 0;
}

static inline cell *slot_of(uint64_t word) {
  const uint64_t h = word * 0x9E3779B97F4A7C15u;
  for (uint64_t i = h >> 32;; i++) {
    cell *c = &cells[i & (cell_count - 1)];
    if (c->generation != lfc.generation || c->word == word) return c;
  }
}

static void grow_cells(void) {
  cell *old = cells;
  const uint32_t n = cell_count;
  cell_count *= 2;
  cells = calloc(cell_count, sizeof *cells);
  if (cells == NULL) abort();
  for (uint32_t i = 0; i < n; i++)
    if (old[i].generation == lfc.generation) *slot_of(old[i].word) = old[i];
  free(old);
}

static bool writes(uint8_t what) { return what == LFC_PLAIN_WRITE || what == LFC_ATOMIC_WRITE || what == LFC_FREED; }
static bool plain(uint8_t what) { return what != LFC_ATOMIC_READ && what != LFC_ATOMIC_WRITE; }

static const char *const words[] = {"plain read", "plain write", "atomic read", "atomic write", "free"};

_Noreturn static void report(const record *r, enum lfc_access what, uint32_t site, uint64_t address) {
  lfc_found.other_thread = r->thread;
  lfc_found.other_now = r->now;
  lfc_found.other_site = r->site;
  lfc_found.other = 0;
  const bool freed = what == LFC_FREED || r->what == LFC_FREED;
  uint64_t behind = 0;
  const char *name = lfc_object_symbol(address, &behind);
  char place[120];
  (void)snprintf(place, sizeof place, "%s", name ? name : "memory");
  lfc_defect(freed ? LFC_V_USE_AFTER_FREE : LFC_V_RACE, site,
             "%s: %s in thread %d and %s in thread %d of %s are not ordered by happens-before",
             freed ? "use after free" : "data race", words[what], lfc.current, words[r->what], r->thread, place);
}

/* Whoever races with the new access races with the one on record: between the two the thread released nothing. */
static inline bool is_known(const cell *c, uint8_t mask, enum lfc_access what) {
  const record *r = &c->newest;
  return r->thread == lfc.current && r->now >= lfc_self()->released_at && (r->mask & mask) == mask &&
         (r->what == what || (r->what == LFC_PLAIN_WRITE && what == LFC_PLAIN_READ));
}

/* What an access covers and comes after need not be kept: who races with that races with this. Else: do they race? */
static inline bool is_covered(const record *r, uint8_t mask, enum lfc_access what, uint32_t site, uint64_t address) {
  if (!(r->mask & mask)) return false;
  const bool mine = r->thread == lfc.current, before = mine || lfc_self()->hb.at[r->thread] > r->now;
  if (!before && (writes(r->what) || writes((uint8_t)what)) && (plain(r->what) || plain((uint8_t)what)))
    report(r, what, site, address);
  return before && (r->mask & ~mask) == 0 && (writes((uint8_t)what) || !writes(r->what)) &&
         (plain((uint8_t)what) || !plain(r->what));
}

static cell *cell_of(uint64_t word) {
  cell *c = slot_of(word);
  if (c->generation == lfc.generation) return c;
  if (++cells_used > cell_count / 2) {
    grow_cells();
    c = slot_of(word);
  }
  c->word = word;
  c->generation = lfc.generation;
  c->older = 0;
  c->newest.mask = 0;
  c->atomic = false;
  return c;
}

static inline bool touch(uint64_t word, uint8_t mask, enum lfc_access what, uint8_t now, uint32_t site,
                         uint64_t address) {
  cell *c = cell_of(word);
  c->atomic = c->atomic || !plain((uint8_t)what);
  if (is_known(c, mask, what)) return c->atomic;
  for (uint32_t *at = &c->older; *at;) {
    link *l = &more[*at];
    if (is_covered(&l->r, mask, what, site, address)) {
      *at = l->next;
    } else {
      at = &l->next;
    }
  }
  if (c->newest.mask && !is_covered(&c->newest, mask, what, site, address)) {
    if (more_count == more_most) {
      more_most *= 2;
      more = realloc(more, more_most * sizeof *more);
      if (more == NULL) abort();
    }
    more[more_count] = (link){c->newest, c->older};
    c->older = more_count++;
  }
  c->newest = (record){site, mask, (uint8_t)lfc.current, now, (uint8_t)what};
  return c->atomic;
}

bool lfc_shadow_knows(uint64_t address, uint64_t size, enum lfc_access what) {
  const uint64_t at = address % 8;
  if (at + size > 8) return false;
  const cell *c = slot_of(address / 8);
  return c->generation == lfc.generation && !c->atomic && is_known(c, (uint8_t)(((1u << size) - 1) << at), what);
}

bool lfc_shadow_has_atomic(uint64_t address, uint64_t size) {
  for (uint64_t word = address / 8; word <= (address + size - 1) / 8; word++) {
    const cell *c = slot_of(word);
    if (c->generation == lfc.generation && c->atomic) return true;
  }
  return false;
}

bool lfc_shadow(uint64_t address, uint64_t size, enum lfc_access what, uint8_t now, uint32_t site) {
  const uint64_t end = address + size;
  bool atomic = false;
  while (address < end) {
    const uint64_t word = address / 8, at = address % 8, room = 8 - at, n = end - address < room ? end - address : room;
    atomic = touch(word, (uint8_t)(((1u << n) - 1) << at), what, now, site, address) || atomic;
    address += n;
  }
  return atomic;
}
