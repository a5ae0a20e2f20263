/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "report.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "deviate.h"
#include "execution.h"
#include "explore.h"
#include "history.h"
#include "json.h"
#include "judge.h"
#include "sites.h"
#include "steps.h"
#include "trace.h"

lfc_question lfc_asked;

double lfc_seconds(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static FILE *answers;

bool lfc_divert_output(bool keep) {
  if (answers == NULL) {
    const int copy = dup(1);
    answers = copy < 0 ? NULL : fdopen(copy, "w");
  }
  const int to = keep ? 2 : open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (answers == NULL || to < 0 || dup2(to, 1) < 0) return false;
  if (keep) (void)setvbuf(stdout, NULL, _IONBF, 0);
  return keep || dup2(to, 2) >= 0;
}

void lfc_progress(void) {
  char estimate[40] = "";
  const double done = lfc_explorer_now == &lfc_exhaustive ? lfc_explore_done() : 0;
  if (done > 1e-9) (void)snprintf(estimate, sizeof estimate, ",\"estimate\":%.0f", (double)lfc_count.executions / done);
  (void)fprintf(answers, "{\"progress\":{\"executions\":%llu,\"blocked\":%llu,\"seconds\":%.3f%s}}\n",
                (unsigned long long)lfc_count.executions, (unsigned long long)lfc_count.blocked,
                lfc_seconds() - lfc_asked.began, estimate);
  (void)fflush(answers);
}

_Noreturn void lfc_answer(enum lfc_verdict verdict, const char *message, bool trace) {
  FILE *out = answers;
  (void)fprintf(out, "{\"verdict\":\"%s\",\"message\":", lfc_verdict_name[verdict]);
  lfc_json_string(out, message);
  (void)fprintf(out, ",\"model\":\"%s\",\"scenario\":\"%s\",\"mode\":\"%s\"", lfc_asked.model, lfc_asked.scenario,
                lfc_asked.mode);
  (void)fprintf(out, ",\"executions\":%llu,\"blocked\":%llu,\"bound_hits\":%llu,\"seconds\":%.6f",
                (unsigned long long)lfc_count.executions, (unsigned long long)lfc_count.blocked,
                (unsigned long long)lfc_count.bound_hits, lfc_seconds() - lfc_asked.began);
  (void)fprintf(out, ",\"bound_sites\":[");
  for (int i = 0; i < lfc_bound_sites_count; i++) (void)fprintf(out, "%s\"%#x\"", i ? "," : "", lfc_bound_sites[i]);
  (void)fprintf(out, "],\"threads\":%d,\"states\":", lfc.threads);
  lfc_history_print_states(out);
  if (lfc_histories_wanted) {
    (void)fprintf(out, ",\"histories\":");
    lfc_history_print(out);
  }
  lfc_steps_print(out);
  (void)fprintf(out, ",\"sites\":");
  lfc_sites_print(out);
  lfc_synchronizes_print(out);
  if (trace) {
    (void)fprintf(out, ",\"trace\":");
    lfc_trace_print(out);
    lfc_deviation list[LFC_DEVIATIONS];
    const int n = lfc_explorer_now == &lfc_steered ? lfc_deviated(list, LFC_DEVIATIONS) : 0;
    if (lfc_explorer_now == &lfc_steered) {
      (void)fprintf(out, ",\"deviations\":[");
      for (int i = 0; i < n; i++) (void)fprintf(out, "%s[%d,%d]", i ? "," : "", list[i].step, list[i].choice);
      (void)fprintf(out, "],\"steps\":[");
      for (int i = 0; i < lfc_steps(); i++) (void)fprintf(out, "%s%d", i ? "," : "", lfc_possibilities(i));
      (void)fprintf(out, "]");
    }
  }
  (void)fprintf(out, "}\n");
  (void)fflush(out);
  const bool judged = verdict != LFC_V_BOUND && verdict != LFC_V_UNSUPPORTED && verdict != LFC_V_NONDETERMINISTIC;
  _exit(!judged ? 2 : verdict == LFC_V_OK ? 0 : 1);
}
