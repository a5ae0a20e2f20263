/* SPDX-License-Identifier: MIT */
#include "defect.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "execution.h"
#include "trace.h"

const char *const lfc_verdict_name[] = {"ok",
                                        "race",
                                        "assertion",
                                        "deadlock",
                                        "livelock",
                                        "use-after-free",
                                        "double-free",
                                        "leak",
                                        "uninitialised",
                                        "progress",
                                        "crash",
                                        "bound",
                                        "unsupported",
                                        "nondeterministic",
                                        "not-linearizable"};

lfc_finding lfc_found;
uint32_t lfc_bound_sites[LFC_BOUND_SITES];
int lfc_bound_sites_count;

static void fill(enum lfc_verdict verdict, uint32_t site, const char *format, va_list list) {
  lfc_found.verdict = verdict;
  lfc_found.site = site;
  lfc_found.thread = lfc.current;
  (void)vsnprintf(lfc_found.message, sizeof lfc_found.message, format, list);
}

_Noreturn void lfc_defect(enum lfc_verdict verdict, uint32_t site, const char *format, ...) {
  va_list list;
  va_start(list, format);
  fill(verdict, site, format, list);
  va_end(list);
  if (lfc.tracing) lfc_trace_fault(site, lfc_found.message);
  lfc_end_run(LFC_DEFECT);
}

void lfc_note_defect(enum lfc_verdict verdict, const char *format, ...) {
  va_list list;
  va_start(list, format);
  fill(verdict, 0, format, list);
  va_end(list);
  lfc_found.thread = -1;
  lfc.end = LFC_DEFECT;
}

void lfc_bound_site_seen(uint32_t site) {
  for (int i = 0; i < lfc_bound_sites_count; i++)
    if (lfc_bound_sites[i] == site) return;
  if (lfc_bound_sites_count < LFC_BOUND_SITES) lfc_bound_sites[lfc_bound_sites_count++] = site;
}

_Noreturn void lfc_bound_hit(uint32_t site) {
  lfc_bound_site_seen(site);
  lfc_end_run(LFC_CUT);
}

void lfc_check_loop(uint32_t site) {
  const lfc_thread *t = lfc_self();
  int visits = 0;
  for (int i = 0; i < t->n; i++) visits += lfc_g.event[t->event[i]].site == site;
  if (visits >= lfc_limit.loop) lfc_bound_hit(site);
}
