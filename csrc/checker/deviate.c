/* SPDX-License-Identifier: MIT */
#include "deviate.h"

#include "defect.h"
#include "locations.h"

enum { STEPS = 20000 };
static struct { uint16_t possibilities, chosen; } step[STEPS];
static int steps;
static lfc_deviation deviation[LFC_DEVIATIONS];
static int deviations, next_deviation;

static bool random_mode;
static uint64_t state;
static uint32_t priority[LFC_THREADS], lowest_priority;
static int change_at[LFC_DEVIATIONS], changes, events, expected_events = 40;

static uint64_t draw(void) { /* xorshift64*, Vigna 2016 */
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return state * 0x2545F4914F6CDD1Du;
}

void lfc_deviate_by(const lfc_deviation *list, int count) {
  random_mode = false;
  for (int i = 0; i < count; i++) deviation[i] = list[i];
  deviations = count;
  steps = next_deviation = 0;
}

void lfc_deviate_at_random(uint64_t seed, int depth) {
  if (events > expected_events) expected_events = events;
  random_mode = true;
  state = (seed + 1) * 0x9E3779B97F4A7C15u;
  for (int i = 0; i < LFC_THREADS; i++) priority[i] = (uint32_t)(draw() >> 34) + 1000000;
  changes = depth < LFC_DEVIATIONS ? depth : LFC_DEVIATIONS;
  for (int i = 0; i < changes; i++) change_at[i] = (int)(draw() % (uint64_t)expected_events);
  lowest_priority = 1000;
  steps = events = 0;
}

int lfc_steps(void) { return steps; }
int lfc_possibilities(int i) { return step[i].possibilities; }

int lfc_deviated(lfc_deviation *list, int most) {
  int n = 0;
  for (int i = 0; i < steps && n < most; i++)
    if (step[i].chosen) list[n++] = (lfc_deviation){i, step[i].chosen};
  return n;
}

static int chosen(int possibilities, int wish) {
  if (possibilities <= 1) return 0;
  int choice = wish;
  if (!random_mode) {
    choice = 0;
    if (next_deviation < deviations && deviation[next_deviation].step == steps) {
      choice = deviation[next_deviation++].choice;
      if (choice >= possibilities) choice = possibilities - 1;
    }
  }
  if (steps < STEPS) {
    step[steps].possibilities = (uint16_t)possibilities;
    step[steps++].chosen = (uint16_t)choice;
  }
  return choice;
}

/* ---- who ---- */

static bool lock_is_free(const lfc_op *op) {
  uint16_t ids[LFC_EVENTS];
  (void)lfc_readable(&lfc_g, op->address, 0, ids); /* the newest first */
  const lfc_word value = ids[0] == LFC_INITIAL ? lfc_initial(op->address, op->size) : lfc_g.event[ids[0]].value;
  return op->flags & LFC_F_AWAIT ? value != op->value : lfc_matches(op->flags, value, op->value);
}

static bool ready(int i) {
  lfc_thread *t = &lfc.thread[i];
  if (t->status == LFC_BLOCKED && t->wait == LFC_WAIT_SPIN && t->seen_writes != lfc.writes) return true;
  if (!lfc_can_go_on(i)) return false;
  if (t->status == LFC_READY && t->pending.kind == LFC_READ && t->pending.flags & (LFC_F_LOCK | LFC_F_AWAIT))
    return lock_is_free(&t->pending);
  return true;
}

static bool decided; /* the thread that runs was chosen for its next event, and did not take it yet */
static uint32_t decided_run;

static int pick(void) {
  if (decided_run != lfc.generation) decided = false;
  decided_run = lfc.generation;
  if (lfc_self()->mid_update) return lfc.current;
  if (decided && ready(lfc.current)) return lfc.current;
  int order[LFC_THREADS], n = 0, wish = 0;
  if (ready(lfc.current)) order[n++] = lfc.current;
  for (int i = 0; i < lfc.threads; i++)
    if (i != lfc.current && ready(i)) order[n++] = i;
  if (n == 0) return -1;
  if (random_mode) {
    for (int i = 0; i < changes; i++)
      if (change_at[i] == events) priority[lfc.current] = lowest_priority--;
    for (int i = 1; i < n; i++)
      if (priority[order[i]] > priority[order[wish]]) wish = i;
  }
  const int who = order[chosen(n, wish)];
  if (lfc.thread[who].status == LFC_BLOCKED) lfc.thread[who].status = LFC_READY;
  decided = true;
  return who;
}

/* ---- what ---- */

static bool consistent(uint16_t id) { return lfc_allows(lfc_model_now, &lfc_g, &id, 1); }

static bool read(uint16_t id, uint16_t lowest) {
  lfc_event *e = &lfc_g.event[id];
  const lfc_thread *t = lfc_self();
  const lfc_word initial = lfc_initial(e->address, e->size);
  uint16_t ids[LFC_EVENTS], possible[2 * LFC_EVENTS];
  bool spurious[2 * LFC_EVENTS];
  int n = 0;
  const int count = lfc_readable(&lfc_g, e->address, lowest, ids), failures = lfc_spurious_failures(&lfc_g);
  for (int i = 0; i < count; i++) {
    const uint16_t rank = ids[i] == LFC_INITIAL ? 0 : lfc_g.event[ids[i]].mo;
    for (int s = 0; s < 2; s++) {
      lfc_set_reads_from(&lfc_g, id, ids[i], initial, s, &t->hb, &t->porf);
      const bool updates = (e->flags & LFC_F_RMW) != 0;
      if (s && (!(e->flags & LFC_F_WEAK) || e->value != e->expected || failures >= lfc_limit.spurious)) continue;
      if (updates && !lfc_may_follow(&lfc_g, e->address, rank)) continue;
      if (e->flags & LFC_F_LOCK && !updates) continue;
      if (e->flags & LFC_F_AWAIT && e->value == e->expected) continue;
      if (!consistent(id)) continue;
      possible[n] = ids[i];
      spurious[n++] = s;
    }
  }
  if (n == 0) return false;
  const int wish = random_mode && (draw() & 3) == 0 ? (int)(draw() % (uint64_t)n) : 0;
  const int i = chosen(n, wish);
  lfc_set_reads_from(&lfc_g, id, possible[i], initial, spurious[i], &t->hb, &t->porf);
  return true;
}

static bool write(uint16_t id, uint16_t lowest) {
  lfc_event *e = &lfc_g.event[id];
  uint16_t places[LFC_EVENTS], possible[LFC_EVENTS], mo[LFC_EVENTS];
  int count = 0, n = 0;
  if (e->flags & LFC_F_RMW) {
    places[count++] = lfc_rank(&lfc_g, &lfc_g.event[lfc_self()->event[e->index - 1]]);
  } else {
    count = lfc_places(&lfc_g, id, lowest, places);
  }
  for (uint16_t i = 0; i < lfc_g.n; i++) mo[i] = lfc_g.event[i].mo;
  for (int i = 0; i < count; i++) {
    if (!lfc_may_follow(&lfc_g, e->address, places[i])) continue;
    lfc_insert(&lfc_g, id, places[i]);
    if (consistent(id)) possible[n++] = places[i];
    for (uint16_t j = 0; j < lfc_g.n; j++) lfc_g.event[j].mo = mo[j];
  }
  if (n == 0) return false;
  const int wish = random_mode && (draw() & 7) == 0 ? (int)(draw() % (uint64_t)n) : 0;
  lfc_insert(&lfc_g, id, possible[chosen(n, wish)]);
  return true;
}

static void extend(const lfc_op *op) {
  const lfc_clock before = lfc_self()->hb;
  decided = false;
  events++;
  if (lfc_limit.loop > 0) lfc_check_loop(op->site);
  const uint16_t id = lfc_append(op);
  bool found = true;
  if (op->kind == LFC_READ) found = read(id, lfc_lowest_rank(&lfc_g, op->address, &before));
  if (op->kind == LFC_WRITE) found = write(id, lfc_lowest_rank(&lfc_g, op->address, &before));
  if (!found) lfc_end_run(LFC_DEAD);
}

const lfc_explorer lfc_steered = {pick, extend};
