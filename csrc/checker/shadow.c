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
  uint32_t next; /* 0: none */
  uint32_t site;
  uint8_t mask; /* bytes of the word */
  uint8_t thread, now, what;
} record;

typedef struct {
  uint64_t word;
  uint32_t generation, first;
} cell;

static cell *cells;
static uint32_t cell_count, cells_used;
static record *records;
static uint32_t record_count, record_most;

void lfc_shadow_reset(void) {
  if (cells == NULL) {
    cell_count = 1u << 14;
    cells = calloc(cell_count, sizeof *cells);
    record_most = 1u << 16;
    records = malloc(record_most * sizeof *records);
    if (cells == NULL || records == NULL) abort();
  }
  record_count = 1;
  cells_used = 0;
}

static cell *slot_of(uint64_t word) {
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

static void touch(uint64_t word, uint8_t mask, enum lfc_access what, uint8_t now, uint32_t site, uint64_t address) {
  const lfc_thread *t = lfc_self();
  const uint8_t me = (uint8_t)lfc.current;
  cell *c = slot_of(word);
  if (c->generation != lfc.generation) {
    c->word = word;
    c->generation = lfc.generation;
    c->first = 0;
    if (++cells_used > cell_count / 2) {
      grow_cells();
      c = slot_of(word);
    }
  }
  record *first = &records[c->first];
  if (c->first && first->thread == me && first->mask == mask && first->what == what && first->now == now) return;
  uint32_t *link = &c->first;
  while (*link) {
    record *r = &records[*link];
    if (r->mask & mask) {
      if (r->thread != me && (writes(r->what) || writes(what)) && (plain(r->what) || plain(what)) &&
          t->hb.at[r->thread] <= r->now)
        report(r, what, site, address);
      /* What this access covers and comes after need not be kept: who races with that races with this. */
      const bool covered = (r->mask & ~mask) == 0 && (writes(what) || !writes(r->what)) &&
                           (plain(what) || !plain(r->what)) && (r->thread == me || t->hb.at[r->thread] > r->now);
      if (covered) {
        *link = r->next;
        continue;
      }
    }
    link = &r->next;
  }
  if (record_count == record_most) {
    record_most *= 2;
    record *more = realloc(records, record_most * sizeof *records);
    if (more == NULL) abort();
    records = more;
    c = slot_of(word);
  }
  records[record_count] = (record){c->first, site, mask, me, now, (uint8_t)what};
  c->first = record_count++;
}

void lfc_shadow(uint64_t address, uint64_t size, enum lfc_access what, uint8_t now, uint32_t site) {
  const uint64_t end = address + size;
  while (address < end) {
    const uint64_t word = address / 8, at = address % 8, room = 8 - at, n = end - address < room ? end - address : room;
    touch(word, (uint8_t)(((1u << n) - 1) << at), what, now, site, address);
    address += n;
  }
}
