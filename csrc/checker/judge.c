/* SPDX-License-Identifier: MIT */
#include "judge.h"

#include "defect.h"
#include "execution.h"
#include "heap.h"
#include "history.h"
#include "spin.h"
#include "steps.h"
#include "trace.h"

lfc_counts lfc_count;
bool lfc_leaks_allowed;

/* A thread that waits for good: what it read last is the newest, so no other execution lets it go on from here. */
static bool waits_in_vain(const lfc_thread *t) {
  if (t->status == LFC_READY || t->wait == LFC_WAIT_FROZEN) return true; /* at a join, or stopped by us */
  if (t->wait == LFC_WAIT_SPIN) return lfc_spins_on_newest(t);
  if (t->wait != LFC_WAIT_READ) return false;
  const lfc_event *e = &lfc_g.event[t->event[t->done - 1]];
  return lfc_is_newest(&lfc_g, e->address, lfc_rank(&lfc_g, e));
}

static bool judge_blocked(void) {
  bool spins = false, frozen = false, others = false;
  for (int i = 0; i < lfc.threads; i++) {
    const lfc_thread *t = &lfc.thread[i];
    if (t->status == LFC_DONE || t->status == LFC_UNUSED) continue;
    if (!waits_in_vain(t)) return false;
    if (t->wait == LFC_WAIT_FROZEN) {
      frozen = true;
      continue;
    }
    others = others || !(t->status == LFC_READY && t->pending.kind == LFC_JOIN);
    spins = spins || t->wait == LFC_WAIT_SPIN;
  }
  if (frozen && !others) return false; /* only those wait who join the stopped: as it must be */
  lfc_found.site = 0;
  if (frozen) {
    lfc_note_defect(LFC_V_PROGRESS, "progress: with a thread stopped, another cannot finish");
  } else if (spins) {
    lfc_note_defect(LFC_V_LIVELOCK, "livelock: a loop waits for what nobody will write");
  } else {
    lfc_note_defect(LFC_V_DEADLOCK, "deadlock: no thread can go on");
  }
  return true;
}

bool lfc_judge(void) {
  bool all_done = true;
  if ((lfc.end == LFC_FINISHED || lfc.end == LFC_CUT) && lfc_steps_take()) return true;
  switch (lfc.end) {
    case LFC_DEFECT: return true;
    case LFC_DEAD: lfc_count.dead++; return false;
    case LFC_CUT: lfc_count.bound_hits++; return false;
    case LFC_RESTART: return false;
    default: break;
  }
  for (int i = 0; i < lfc.threads; i++) all_done = all_done && lfc.thread[i].status == LFC_DONE;
  if (!all_done) {
    if (judge_blocked()) return true;
    lfc_count.blocked++;
    if (lfc_limit.frozen) (void)lfc_history_take(false);
    return false;
  }
  lfc_count.executions++;
  if (lfc_history_take(true)) {
    lfc_found.site = 0;
    lfc_note_defect(LFC_V_NOT_LINEARIZABLE, "not-linearizable: its history is the one that was refused");
    return true;
  }
  size_t bytes;
  int blocks;
  const uint32_t site = lfc_leaks_allowed ? 0 : lfc_heap_leak(&bytes, &blocks);
  if (site) {
    lfc_note_defect(LFC_V_LEAK, "leak: %d block%s of %zu bytes %s never freed", blocks, blocks == 1 ? "" : "s", bytes,
                    blocks == 1 ? "is" : "are");
    lfc_found.site = site;
    return true;
  }
  return false;
}
