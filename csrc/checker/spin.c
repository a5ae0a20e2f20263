/* SPDX-License-Identifier: MIT */
#include "spin.h"

#include <string.h>

#include "object.h"

enum { LEARNED = 256 };
static uint32_t learned[LEARNED];
static int known;
uint64_t lfc_registers[11] __attribute__((used, visibility("hidden")));

static bool is_learned(uint32_t site) {
  for (int i = 0; i < known; i++)
    if (learned[i] == site) return true;
  return false;
}

/* Four chains side by side, so that a word costs a cycle. */
static uint64_t hash_stack(const lfc_thread *t, const void *frame) {
  const uint64_t factor = 0x9E3779B97F4A7C15u;
  const unsigned char *p = frame, *end = t->co.stack + t->co.bytes;
  uint64_t h[4] = {1, 2, 3, 4}, word[4];
  for (; p + 32 <= end; p += 32) {
    memcpy(word, p, 32);
    for (int i = 0; i < 4; i++) h[i] = (h[i] ^ word[i]) * factor;
    h[0] ^= h[3] >> 29;
  }
  for (; p + 8 <= end; p += 8) {
    memcpy(word, p, 8);
    h[0] = (h[0] ^ word[0]) * factor;
  }
  const bool in_registers = lfc_object_is_optimised(); /* else what they hold is left over, and tells nothing */
  for (size_t i = 0; in_registers && i < sizeof lfc_registers / sizeof *lfc_registers; i++)
    h[1] = (h[1] ^ lfc_registers[i]) * factor;
  for (int i = 1; i < 4; i++) h[0] = (h[0] ^ (h[i] >> 32) ^ h[i]) * factor;
  return h[0] ^ (h[0] >> 32);
}

uint32_t lfc_spin_learned(void) { return known ? learned[known - 1] : 0; }

void lfc_spin_learn(uint32_t site) {
  if (site && !is_learned(site) && known < LEARNED) learned[known++] = site;
}

bool lfc_spins(const lfc_op *op) {
  lfc_thread *t = lfc_self();
  lfc_visit *v = NULL;
  for (int i = 0; i < t->visits && i < LFC_VISITS; i++)
    if (t->visit[i].site == op->site) v = &t->visit[i];
  const bool before = v != NULL && v->effects == t->effects;
  const bool is_loop = is_learned(op->site);
  if (before && !is_loop && known < LEARNED) {
    learned[known++] = op->site;
    lfc_end_run(LFC_RESTART);
  }
  const uint64_t hash = is_loop ? hash_stack(t, op->frame) : 0;
  /* A frame may hold what earlier calls left, which differs from run to run: where the graph goes on, so does it. */
  if (before && is_loop && v->hash == hash && t->done == t->n) {
    t->spin_from = v->index;
    return true;
  }
  if (v == NULL) v = &t->visit[t->visits++ % LFC_VISITS];
  v->site = op->site;
  v->effects = t->effects;
  v->hash = hash;
  v->index = t->done;
  return false;
}

void lfc_wait_for_change(void) {
  lfc_thread *t = lfc_self();
  t->seen_writes = lfc.writes;
  lfc_block(LFC_WAIT_SPIN);
}

bool lfc_spins_on_newest(const lfc_thread *t) {
  for (int i = t->spin_from; i < t->done; i++) {
    const lfc_event *e = &lfc_g.event[t->event[i]];
    if (e->kind != LFC_READ) continue;
    uint16_t rank = lfc_rank(&lfc_g, e);
    for (const lfc_event *w; (w = lfc_next_in_order(&lfc_g, e->address, rank)) != NULL; rank = w->mo)
      if (!(w->flags & LFC_F_RMW) || w->value != e->value) return false; /* else it wrote what was there */
  }
  return true;
}
