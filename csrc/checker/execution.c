/* SPDX-License-Identifier: MIT */
#include "execution.h"

#include <string.h>

#include "access.h"
#include "defect.h"
#include "ends.h"
#include "heap.h"
#include "locations.h"
#include "object.h"
#include "shadow.h"
#include "sites.h"
#include "spin.h"
#include "thread_locals.h"
#include "trace.h"

lfc_run lfc;
lfc_graph lfc_g;
const lfc_explorer *lfc_explorer_now;
const lfc_model *lfc_model_now;
lfc_limits lfc_limit;

static bool inside;
bool lfc_inside(void) { return inside; }

/* ---- who runs ---- */

static bool has_replay(const lfc_thread *t) { return t->done < t->n; }

/* The thread's next event in the graph may happen now: what it reads or joins has happened. */
static bool may_replay(const lfc_thread *t) {
  const lfc_event *e = &lfc_g.event[t->event[t->done]];
  if (e->kind == LFC_JOIN) return lfc.thread[e->child].status == LFC_DONE;
  if (e->kind != LFC_READ || e->reads_from == LFC_INITIAL) return true;
  const lfc_event *w = &lfc_g.event[e->reads_from];
  return lfc.thread[w->thread].done > w->index;
}

static int pick_replay(void) {
  for (int i = 0; i < lfc.threads; i++) {
    lfc_thread *t = &lfc.thread[i];
    if ((t->status != LFC_NEW && t->status != LFC_READY) || !has_replay(t)) continue;
    if (may_replay(t)) return i;
    const lfc_event *e = &lfc_g.event[t->event[t->done]];
    if (e->kind == LFC_JOIN && lfc.thread[e->child].status == LFC_NEW && lfc.thread[e->child].n == 0) return e->child;
  }
  return -1;
}

static void leave(void **saved, int next) {
  lfc_thread_locals_switch(lfc.current, next);
  lfc.current = next;
  lfc_thread *t = &lfc.thread[next];
  if (t->status == LFC_NEW) t->status = LFC_READY;
  lfc_switch(saved, t->co.sp);
}

/* Lets another thread go on, or ends the run if none can. Returns when it is this one's turn. */
static void yield(void) {
  int next;
  if (lfc.replayed < lfc_g.n) {
    next = pick_replay();
    if (next < 0) lfc_defect(LFC_V_NONDETERMINISTIC, 0, "the program did not do again what it did before");
  } else {
    next = lfc_explorer_now->pick();
  }
  if (next == lfc.current) return;
  if (next < 0) lfc_end_run(LFC_FINISHED);
  leave(&lfc_self()->co.sp, next);
}

_Noreturn void lfc_end_run(enum lfc_end end) {
  void *unused;
  lfc.end = end;
  inside = false;
  lfc_switch(&unused, lfc.driver);
  __builtin_unreachable();
}

void lfc_block(enum lfc_wait why) {
  lfc_self()->status = LFC_BLOCKED;
  lfc_self()->wait = (uint8_t)why;
  while (lfc_self()->status == LFC_BLOCKED) yield();
  lfc_self()->wait = LFC_NO_WAIT;
}

bool lfc_can_go_on(int thread) {
  const lfc_thread *t = &lfc.thread[thread];
  if (t->status == LFC_NEW) return true;
  if (t->status != LFC_READY) return false;
  return t->pending.kind != LFC_JOIN || lfc.thread[t->pending.child].status == LFC_DONE;
}

/* ---- threads ---- */

static void thread_body(void) {
  lfc_thread *t = lfc_self();
  t->result = t->body(t->argument);
  lfc_thread_ends();
}

_Noreturn void lfc_thread_ends(void) {
  lfc_run_ends();
  lfc_flush_plain();
  lfc_self()->status = LFC_DONE;
  for (;;) yield();
}

int lfc_new_thread(void *(*body)(void *), void *argument) {
  const lfc_event *e = &lfc_g.event[lfc_self()->event[lfc_self()->done - 1]];
  lfc_thread *t = &lfc.thread[e->child];
  t->status = LFC_NEW;
  t->body = body;
  t->argument = argument;
  t->hb = e->hb;
  t->porf = e->porf;
  lfc_coroutine_start(&t->co, thread_body);
  lfc_thread_locals_new(e->child);
  if (e->child >= lfc.threads) lfc.threads = e->child + 1;
  return e->child;
}

static void prepare(lfc_thread *t) {
  t->status = LFC_UNUSED;
  t->wait = LFC_NO_WAIT;
  t->n = t->done = t->visits = t->released_at = 0;
  t->mid_update = t->detached = t->joined = false;
  t->effects = t->seen_writes = 0;
  memset(&t->hb, 0, sizeof t->hb);
  memset(&t->porf, 0, sizeof t->porf);
  memset(&t->acquired, 0, sizeof t->acquired);
  memset(&t->released, 0, sizeof t->released);
  t->pending.kind = 0;
}

void lfc_execute(void *(*main_body)(void *)) {
  for (int i = 0; i < LFC_THREADS; i++) prepare(&lfc.thread[i]);
  for (uint16_t i = 0; i < lfc_g.n; i++) {
    const lfc_event *e = &lfc_g.event[i];
    lfc_thread *t = &lfc.thread[e->thread];
    t->event[e->index] = i;
    if (e->index >= t->n) t->n = (uint8_t)(e->index + 1);
  }
  lfc.threads = 1;
  lfc.current = 0;
  lfc.replayed = 0;
  lfc.writes = 0;
  lfc.end = LFC_RUNNING;
  lfc.observations = 0;
  lfc.generation++;
  lfc_thread *t = &lfc.thread[0];
  t->status = LFC_READY;
  t->body = main_body;
  t->argument = NULL;
  lfc_coroutine_start(&t->co, thread_body);
  lfc_object_reset();
  lfc_heap_reset();
  lfc_shadow_reset();
  inside = true;
  lfc_switch(&lfc.driver, t->co.sp);
}

/* ---- one event ---- */

static bool same(const lfc_event *e, const lfc_op *op) {
  if (e->kind != op->kind || e->address != op->address || e->size != op->size) return false;
  if (e->kind == LFC_WRITE) return e->value == op->value && e->order == op->order;
  if (e->kind == LFC_READ) return e->expected == op->value && e->success == op->order && e->failure == op->failure;
  return e->kind == LFC_CREATE || e->order == op->order;
}

/* The current thread has passed the event: what it knows now. */
static void pass(lfc_thread *t, const lfc_event *e) {
  t->hb = e->hb;
  t->porf = e->porf;
  t->done++;
  lfc.replayed++;
  if (e->kind >= LFC_CREATE || (e->kind != LFC_READ && (lfc_reads_order || lfc_releases(e->order))))
    t->released_at = t->done;
  switch (e->kind) {
    case LFC_READ:
      t->mid_update = (e->flags & LFC_F_RMW) != 0;
      if (e->reads_from != LFC_INITIAL) lfc_clock_join(&t->acquired, &lfc_g.event[e->reads_from].rel);
      break;
    case LFC_WRITE:
      t->mid_update = false;
      if (e->flags & LFC_F_RMW && e->value == lfc_g.event[t->event[e->index - 1]].value) break; /* nothing new */
      t->effects++;
      lfc.writes++;
      break;
    case LFC_FENCE:
      if (lfc_is_real_fence(e) && lfc_releases(e->order)) t->released = e->hb;
      break;
    default: t->effects++;
  }
}

uint16_t lfc_append(const lfc_op *op) {
  lfc_thread *t = lfc_self();
  if (lfc_g.n >= LFC_EVENTS - 1 || t->n >= lfc_limit.events) lfc_bound_hit(op->site);
  const uint16_t id = lfc_g.n++;
  lfc_event *e = &lfc_g.event[id];
  t->event[t->n] = id;
  e->thread = (uint8_t)lfc.current;
  e->index = t->n++;
  e->kind = op->kind;
  e->flags = op->flags;
  e->order = e->success = op->order;
  e->failure = op->failure;
  e->size = op->size;
  e->address = op->address;
  e->site = op->site;
  e->child = op->child;
  e->value = e->expected = op->value;
  e->reads_from = LFC_INITIAL;
  e->mo = 0;
  e->hb = t->hb;
  e->porf = t->porf;
  e->hb.at[e->thread] = e->porf.at[e->thread] = (uint8_t)(e->index + 1);
  if (lfc_is_real_fence(e) && lfc_acquires(op->order)) {
    lfc_clock_join(&e->hb, &t->acquired);
  } else if (op->kind == LFC_WRITE) {
    e->rel = lfc_releases(op->order) ? e->hb : t->released;
    if (op->flags & LFC_F_RMW) { /* a release sequence goes on through updates */
      const lfc_event *read = &lfc_g.event[t->event[e->index - 1]];
      if (read->reads_from != LFC_INITIAL) lfc_clock_join(&e->rel, &lfc_g.event[read->reads_from].rel);
    }
  } else if (op->kind == LFC_JOIN) {
    const lfc_thread *child = &lfc.thread[op->child];
    lfc_clock_join(&e->hb, &child->hb);
    lfc_clock_join(&e->porf, &child->porf);
    e->hb.at[op->child] = e->porf.at[op->child] = (uint8_t)(child->n + 1);
  }
  return id;
}

static bool frozen(const lfc_thread *t) {
  const int after = lfc_limit.freeze[lfc.current];
  return after >= 0 && t->done >= after && !t->mid_update;
}

uint16_t lfc_step(const lfc_op *op) {
  lfc_flush_plain();
  lfc_thread *t = lfc_self();
  t->pending = *op;
  if (lfc_limit.frozen && frozen(t)) lfc_block(LFC_WAIT_FROZEN);
  /* What the graph has was decided before; a stack may look otherwise now where the program left it uninitialised. */
  if (op->kind == LFC_READ && lfc_limit.spin && op->frame && lfc_spins(op) && !has_replay(t)) {
    lfc_wait_for_change();
    t = lfc_self();
  }
  for (;;) {
    if (has_replay(t)) {
      if (may_replay(t)) break;
      yield();
    } else if (lfc.replayed < lfc_g.n) {
      yield();
    } else {
      const int next = lfc_explorer_now->pick();
      if (next != lfc.current) {
        if (next < 0) lfc_end_run(LFC_FINISHED);
        leave(&t->co.sp, next);
        continue;
      }
      if (op->kind <= LFC_WRITE) (void)lfc_initial(op->address, op->size);
      lfc_site_seen(op);
      lfc_explorer_now->extend(op);
      break;
    }
  }
  const uint16_t id = t->event[t->done];
  const lfc_event *e = &lfc_g.event[id];
  if (!same(e, op)) lfc_defect(LFC_V_NONDETERMINISTIC, op->site, "this operation was another in an earlier run");
  pass(t, e);
  if (lfc.tracing) lfc_trace_event(id);
  if (e->kind <= LFC_WRITE) {
    const bool writes = e->kind == LFC_WRITE;
    lfc_heap_access(op->address, op->size, writes, false, op->site);
    (void)lfc_shadow(op->address, op->size, writes ? LFC_ATOMIC_WRITE : LFC_ATOMIC_READ, e->index, op->site);
    (void)lfc_initial(op->address, op->size);
    if (e->kind == LFC_READ && e->reads_from == LFC_INITIAL)
      lfc_heap_read_initial(op->address, op->size, e->value, op->site);
    if (writes) lfc_store_for_real(op->address, op->size, op->value);
  }
  if (e->kind == LFC_READ) {
    if ((e->flags & LFC_F_LOCK && !(e->flags & LFC_F_RMW)) || (e->flags & LFC_F_AWAIT && e->value == e->expected))
      lfc_block(LFC_WAIT_READ);
  }
  return id;
}
