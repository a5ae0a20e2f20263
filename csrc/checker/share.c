/* SPDX-License-Identifier: MIT */
/* share.c: processes, since coroutines and the program's variables are a process's own.
 *
 * Ordering: relaxed throughout: the counter only gives out numbers, the flag only ends loops early; results go by pipe.
 */
#define _GNU_SOURCE
#include "share.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "defect.h"
#include "explore.h"
#include "history.h"
#include "judge.h"
#include "search.h"
#include "sites.h"
#include "spin.h"
#include "steps.h"
#include "weaken.h"

enum { JOBS = 64 };
static struct shared {
  _Atomic(uint64_t) next;
  _Atomic(uint32_t) over;
} * shared;

bool lfc_share_is_over(void) {
  /* relaxed: only ends a loop early */
  return shared && atomic_load_explicit(&shared->over, memory_order_relaxed) != 0;
}

static int take_shares(size_t count, int (*work)(size_t which)) {
  int answer = 0;
  while (answer == 0 && !lfc_share_is_over()) {
    /* relaxed: gives out numbers */
    const uint64_t which = atomic_fetch_add_explicit(&shared->next, 1, memory_order_relaxed);
    if (which >= count) return 0;
    answer = work(which);
  }
  /* relaxed: only ends loops early */
  if (answer) atomic_store_explicit(&shared->over, 1, memory_order_relaxed);
  return answer;
}

/* What a process sends home, as it lies in memory: sender and receiver are one program. */
static const struct {
  void *at;
  size_t bytes;
} fields[] = {
    {&lfc_count, sizeof lfc_count},
    {&lfc_bound_sites_count, sizeof lfc_bound_sites_count},
    {lfc_bound_sites, sizeof lfc_bound_sites},
    {&lfc_found, sizeof lfc_found},
    {&lfc_g, sizeof lfc_g},
};
enum { FIELDS = sizeof fields / sizeof *fields };

static void send_home(int to, int answer) {
  FILE *out = fdopen(to, "w");
  if (out == NULL) _exit(3);
  const uint32_t learned = lfc_spin_learned(), asymmetric = lfc_fences_are_asymmetric();
  (void)fwrite(&answer, sizeof answer, 1, out);
  (void)fwrite(&learned, sizeof learned, 1, out);
  (void)fwrite(&asymmetric, sizeof asymmetric, 1, out);
  for (int i = 0; i < FIELDS; i++) (void)fwrite(fields[i].at, fields[i].bytes, 1, out);
  lfc_history_send(out);
  lfc_sites_send(out);
  lfc_steps_send(out);
  (void)fclose(out);
}

/* Takes what a process sent; keeps the graph of the first that has something to tell. -1: it broke off. */
static int receive(int from, bool keep_mine) {
  static lfc_graph mine;
  const lfc_counts counts = lfc_count;
  const lfc_finding found = lfc_found;
  uint32_t sites[LFC_BOUND_SITES], learned, asymmetric;
  const int site_count = lfc_bound_sites_count;
  int answer;
  FILE *in = fdopen(from, "r");
  if (in == NULL) return -1;
  memcpy(sites, lfc_bound_sites, sizeof sites);
  memcpy(&mine, &lfc_g, sizeof mine);
  bool whole = fread(&answer, sizeof answer, 1, in) == 1 && fread(&learned, sizeof learned, 1, in) == 1 &&
               fread(&asymmetric, sizeof asymmetric, 1, in) == 1;
  for (int i = 0; i < FIELDS && whole; i++) whole = fread(fields[i].at, fields[i].bytes, 1, in) == 1;
  whole = whole && lfc_history_receive(in) && lfc_sites_receive(in) && lfc_steps_receive(in);
  (void)fclose(in);
  if (!whole) return -1;
  lfc_count.executions += counts.executions;
  lfc_count.blocked += counts.blocked;
  lfc_count.bound_hits += counts.bound_hits;
  lfc_count.dead += counts.dead;
  for (int i = 0; i < site_count; i++) lfc_bound_site_seen(sites[i]);
  if (keep_mine || answer == 0) {
    lfc_found = found;
    memcpy(&lfc_g, &mine, sizeof mine);
  }
  lfc_spin_learn(learned);
  if (asymmetric) lfc_assume_membarrier();
  return answer;
}

int lfc_share(int jobs, int (*work)(size_t which)) {
  int pipes[JOBS];
  pid_t children[JOBS];
  int started = 0;
  if (shared == NULL) {
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) abort();
  }
  /* relaxed: nobody else is there yet */
  atomic_store_explicit(&shared->next, 0, memory_order_relaxed);
  /* relaxed: as above */
  atomic_store_explicit(&shared->over, 0, memory_order_relaxed);
  const size_t count = lfc_explore_set_aside();
  for (; started < jobs - 1 && started < JOBS; started++) {
    int ends[2];
    if (pipe(ends) != 0) break;
    children[started] = fork();
    if (children[started] < 0) break;
    if (children[started] == 0) {
      memset(&lfc_count, 0, sizeof lfc_count);
      lfc_bound_sites_count = 0;
      lfc_history_forget();
      lfc_steps_forget();
      lfc_tick();
      lfc_search.progress = false;
      send_home(ends[1], take_shares(count, work));
      _exit(0);
    }
    (void)close(ends[1]);
    pipes[started] = ends[0];
  }
  int answer = take_shares(count, work);
  for (int i = 0; i < started; i++) {
    const int theirs = receive(pipes[i], answer != 0);
    if (theirs < 0) lfc_note_defect(LFC_V_CRASH, "a process of the search ended early");
    if (answer == 0) answer = theirs < 0 ? 1 : theirs;
    (void)waitpid(children[i], NULL, 0);
  }
  return answer;
}
