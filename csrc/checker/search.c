/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "defect.h"
#include "explore.h"
#include "history.h"
#include "judge.h"
#include "report.h"
#include "share.h"
#include "sites.h"
#include "steps.h"
#include "trace.h"

lfc_search_options lfc_search;

static double next_look;

/* Now and then: progress, and whether time is up. */
static bool over(void) {
  if (lfc_search.executions && lfc_count.executions + lfc_count.blocked >= lfc_search.executions) return true;
  if (lfc.generation % 512 != 0) return false;
  if (lfc_share_is_over()) return true;
  if (lfc_search.seconds <= 0 && !lfc_search.progress) return false;
  const double now = lfc_seconds();
  if (lfc_search.progress && now >= next_look) {
    next_look = now + 0.5;
    lfc_progress();
  }
  return lfc_search.seconds > 0 && now - lfc_asked.began >= lfc_search.seconds;
}

static void start_again(void) {
  memset(&lfc_count, 0, sizeof lfc_count);
  lfc_bound_sites_count = 0;
  lfc_history_forget();
  lfc_steps_forget();
}

_Noreturn static void answer_found(void) { lfc_answer(lfc_found.verdict, lfc_found.message, true); }

_Noreturn static void answer_nothing(bool whole) {
  char message[200];
  if (!whole) {
    lfc_answer(LFC_V_BOUND, "nothing found, but the search was not finished", false);
  } else if (lfc_count.bound_hits) {
    (void)snprintf(message, sizeof message, "nothing found, but %llu executions were cut by the bound",
                   (unsigned long long)lfc_count.bound_hits);
    lfc_answer(LFC_V_BOUND, message, false);
  }
  lfc_answer(LFC_V_OK, "nothing found in every execution", false);
}

/* The run of what is in lfc_g, or of what steers, once more and with a trace; counted it was before. */
static void trace_again(void) {
  const lfc_counts counts = lfc_count;
  lfc_trace_start();
  lfc_execute(lfc_program);
  if (lfc.end != LFC_DEFECT) {
    (void)lfc_judge();
    lfc_trace_blocked();
  }
  lfc_count = counts;
}

/* ---- every graph ---- */

_Noreturn static void tell(void) {
  const lfc_finding found = lfc_found;
  trace_again();
  if (lfc_found.verdict != found.verdict) lfc_answer(found.verdict, found.message, true);
  answer_found();
}

enum job_answer { JOB_DONE, JOB_FOUND, JOB_OVER, JOB_RESTART };

/* Runs the graph in lfc_g. JOB_DONE: go on. */
static enum job_answer run_one(void) {
  lfc_execute(lfc_program);
  if (lfc.end == LFC_RESTART) return JOB_RESTART;
  lfc_synchronizes_take();
  if (lfc_judge()) return JOB_FOUND;
  return over() ? JOB_OVER : JOB_DONE;
}

/* Explores all that waits. */
static enum job_answer drain(void) {
  enum job_answer answer = JOB_DONE;
  while (answer == JOB_DONE && lfc_explore_next()) answer = run_one();
  return answer;
}

/* Explores, the oldest first, until many graphs wait or none. */
static enum job_answer widen(void) {
  enum { ENOUGH = 1000 };
  enum job_answer answer = JOB_DONE;
  while (answer == JOB_DONE && lfc_explore_waiting() < ENOUGH && lfc_explore_oldest()) answer = run_one();
  return answer;
}

static int drain_share(size_t which) {
  lfc_explore_take(which);
  return (int)drain();
}

_Noreturn void lfc_search_exhaustive(void) {
  lfc_explorer_now = &lfc_exhaustive;
  enum job_answer answer = JOB_DONE;
  for (int left = lfc_search.repeat; left > 0 && answer == JOB_DONE; left--) {
    lfc_explore_init();
    answer = lfc_search.jobs > 1 ? widen() : drain();
    if (answer == JOB_DONE && lfc_search.jobs > 1) answer = (enum job_answer)lfc_share(lfc_search.jobs, drain_share);
    if (answer != JOB_RESTART) continue;
    start_again();
    left = lfc_search.repeat + 1;
    answer = JOB_DONE;
  }
  if (answer == JOB_FOUND) tell();
  answer_nothing(answer == JOB_DONE);
}

/* ---- single runs ---- */

static bool run_steered(const lfc_deviation *list, int count) {
  do {
    lfc_g.n = 0;
    if (lfc_search.seed && list == NULL) {
      lfc_deviate_at_random(lfc_search.seed + lfc.generation, lfc_search.depth);
    } else {
      lfc_deviate_by(list, count);
    }
    lfc_execute(lfc_program);
  } while (lfc.end == LFC_RESTART);
  return lfc_judge();
}

_Noreturn static void tell_steered(void) {
  lfc_deviation list[LFC_DEVIATIONS];
  const int n = lfc_deviated(list, LFC_DEVIATIONS);
  (void)lfc_divert_output(false); /* said once is enough */
  lfc_g.n = 0;
  lfc_deviate_by(list, n);
  trace_again();
  answer_found();
}

_Noreturn void lfc_search_random(void) {
  lfc_explorer_now = &lfc_steered;
  if (lfc_search.executions == 0 && lfc_search.seconds <= 0) lfc_search.executions = 100000;
  do {
    if (run_steered(NULL, 0)) tell_steered();
  } while (!over());
  answer_nothing(false);
}

_Noreturn void lfc_search_replay(void) {
  lfc_explorer_now = &lfc_steered;
  if (run_steered(lfc_search.deviation, lfc_search.deviations)) tell_steered();
  const lfc_counts counts = lfc_count;
  (void)lfc_divert_output(false);
  lfc_trace_start();
  (void)run_steered(lfc_search.deviation, lfc_search.deviations);
  lfc_trace_blocked();
  lfc_count = counts;
  lfc_answer(lfc_count.bound_hits ? LFC_V_BOUND : LFC_V_OK, "nothing found in this execution", true);
}

/* All runs with exactly `left` deviations more than the `count` in `list`, which the run just made had. */
static enum job_answer deepen(lfc_deviation *list, int count, int left) {
  if (run_steered(list, count)) return JOB_FOUND;
  if (over()) return JOB_OVER;
  if (left == 0) return JOB_DONE;
  const int steps = lfc_steps(), first = count ? list[count - 1].step + 1 : 0;
  if (steps <= first) return JOB_DONE;
  uint16_t *possibilities = malloc((size_t)steps * sizeof *possibilities);
  if (possibilities == NULL) abort();
  for (int i = 0; i < steps; i++) possibilities[i] = (uint16_t)lfc_possibilities(i);
  enum job_answer answer = JOB_DONE;
  for (int step = first; step < steps && answer == JOB_DONE; step++) {
    for (int choice = 1; choice < possibilities[step] && answer == JOB_DONE; choice++) {
      list[count] = (lfc_deviation){step, choice};
      answer = deepen(list, count + 1, left - 1);
    }
  }
  free(possibilities);
  return answer;
}

_Noreturn void lfc_search_shortest(void) {
  lfc_explorer_now = &lfc_steered;
  lfc_deviation list[LFC_DEVIATIONS];
  for (int most = 0; most <= lfc_search.most; most++) {
    const enum job_answer answer = deepen(list, 0, most);
    if (answer == JOB_FOUND) tell_steered();
    if (answer == JOB_OVER) break;
  }
  answer_nothing(false);
}
