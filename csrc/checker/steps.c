/* SPDX-License-Identifier: MIT */
#include "steps.h"

#include <string.h>

#include "defect.h"
#include "execution.h"
#include "history.h"
#include "json.h"
#include "order.h"

lfc_step_limits lfc_step_limit = {-1, -1, -1};
bool lfc_steps_wanted;

enum { NAMES = 32 };
typedef struct {
  const char *name;
  uint32_t site;
  int most, alone;
} figures;
static figures figure[NAMES];
static int known, between;
static int events[LFC_THREADS];

static lfc_mark marks[LFC_MARKS];
static int count;
static uint8_t steps[LFC_THREADS][LFC_THREAD_EVENTS + 8]; /* of a thread's first k events: how many are steps */

void lfc_steps_forget(void) {
  known = between = 0;
  memset(events, 0, sizeof events);
}

static figures *figures_of(const char *name) {
  int i = 0;
  while (i < known && figure[i].name != name) i++;
  if (i == NAMES) return &figure[NAMES - 1];
  if (i == known) figure[known++] = (figures){.name = name};
  return &figure[i];
}

static int end_of(const lfc_mark *m) { return m->pending ? lfc.thread[m->thread].done : m->ended; }

static void number_steps(void) {
  bool inside[LFC_THREAD_EVENTS + 8];
  for (int t = 0; t < lfc.threads; t++) {
    const lfc_thread *thread = &lfc.thread[t];
    memset(inside, 0, sizeof inside);
    for (int i = 0; i < count; i++)
      if (marks[i].thread == t)
        for (int k = marks[i].began; k < end_of(&marks[i]); k++) inside[k] = true;
    steps[t][0] = 0;
    for (int k = 0; k < thread->done; k++) {
      const lfc_event *e = &lfc_g.event[thread->event[k]];
      const bool second_half = e->kind == LFC_WRITE && e->flags & LFC_F_RMW;
      steps[t][k + 1] = (uint8_t)(steps[t][k] + (inside[k] && !second_half));
    }
  }
}

/* ---- between completions ---- */

static int returns[LFC_THREADS][LFC_MARKS + 1]; /* of each thread: how many events precede its 1st, 2nd, ... return */
static int return_count[LFC_THREADS];

static void number_returns(void) {
  memset(return_count, 0, sizeof return_count);
  for (int i = 0; i < count; i++)
    if (!marks[i].pending) returns[marks[i].thread][return_count[marks[i].thread]++] = marks[i].ended;
}

/* D and D' in which the threads before `t` have had their chosen returns, and no more; the longest way from D to D'. */
static int longest(int t, const uint8_t *low, const uint8_t *high) {
  int sum = 0, most = 0;
  for (int u = 0; u < lfc.threads; u++) {
    if (low[u] > high[u]) return 0;
    sum += steps[u][high[u]] - steps[u][low[u]];
  }
  if (t == lfc.threads) return sum;
  const lfc_thread *thread = &lfc.thread[t];
  for (int chosen = 0; chosen <= return_count[t]; chosen++) {
    uint8_t lower[LFC_THREADS], upper[LFC_THREADS];
    memcpy(lower, low, sizeof lower);
    memcpy(upper, high, sizeof upper);
    const int last = chosen > 0 ? returns[t][chosen - 1] : 0;
    const int next = chosen < return_count[t] ? returns[t][chosen] : thread->done;
    for (int u = 0; u < lfc.threads; u++) {
      const uint8_t least = last > 0 ? lfc_order_below(thread->event[last - 1], u) : 0;
      const uint8_t most_of_u = next < thread->done ? lfc_order_above(thread->event[next], u) : lfc.thread[u].done;
      if (least > lower[u]) lower[u] = least;
      if (most_of_u < upper[u]) upper[u] = most_of_u;
    }
    const int found = longest(t + 1, lower, upper);
    if (found > most) most = found;
  }
  return most;
}

static int between_completions(void) {
  uint8_t low[LFC_THREADS] = {0}, high[LFC_THREADS] = {0};
  number_returns();
  for (int t = 0; t < lfc.threads; t++) high[t] = lfc.thread[t].done;
  return longest(0, low, high);
}

/* ---- alone ---- */

static bool somebody_between(const lfc_mark *m, int first, int last) {
  const lfc_thread *t = &lfc.thread[m->thread];
  for (int u = 0; u < lfc.threads; u++)
    if (u != m->thread && lfc_order_below(t->event[last], u) > lfc_order_above(t->event[first], u)) return true;
  return false;
}

static int alone(const lfc_mark *m) {
  int most = 0, last = m->began;
  for (int first = m->began; first < end_of(m); first++) {
    while (last < end_of(m) && (last < first || !somebody_between(m, first, last))) last++;
    const int found = steps[m->thread][last] - steps[m->thread][first];
    if (found > most) most = found;
  }
  return most;
}

/* ---- a run ---- */

static bool broken(int took, int declared, const char *format, const char *name) {
  if (declared < 0 || took <= declared) return false;
  char what[200];
  (void)snprintf(what, sizeof what, format, name ? name : "", took);
  lfc_found.site = 0;
  lfc_note_defect(LFC_V_PROGRESS, "progress: %s; declared are %d", what, declared);
  return true;
}

bool lfc_steps_take(void) {
  for (int t = 0; t < lfc.threads; t++)
    if (lfc.thread[t].done > events[t]) events[t] = lfc.thread[t].done;
  count = lfc_history_marks(marks);
  if (count == 0) return false;
  number_steps();
  if (lfc_steps_wanted) lfc_order_fill();
  for (int i = 0; i < count; i++) {
    const lfc_mark *m = &marks[i];
    figures *f = figures_of(m->name);
    const int took = steps[m->thread][end_of(m)] - steps[m->thread][m->began];
    if (took > f->most) {
      f->most = took;
      f->site = m->site;
    }
    if (broken(took, lfc_step_limit.wait_free, "%s took %d steps", m->name)) return true;
    if (!lfc_steps_wanted) continue;
    const int by_itself = alone(m);
    if (by_itself > f->alone) f->alone = by_itself;
    if (broken(by_itself, lfc_step_limit.non_blocking, "%s took %d steps with nobody beside it", m->name)) return true;
  }
  if (!lfc_steps_wanted) return false;
  const int stretch = between_completions();
  if (stretch > between) between = stretch;
  return broken(stretch, lfc_step_limit.lock_free, "%sthere were %d steps and none of them completed an operation",
                NULL);
}

/* ---- printing ---- */

void lfc_steps_print(FILE *out) {
  (void)fputs(",\"operations\":[", out);
  for (int i = 0; i < known; i++) {
    (void)fprintf(out, "%s{\"operation\":", i ? "," : "");
    lfc_json_string(out, figure[i].name);
    (void)fprintf(out, ",\"most_steps\":%d,\"offset\":\"%#x\"", figure[i].most, figure[i].site);
    if (lfc_steps_wanted) (void)fprintf(out, ",\"alone\":%d", figure[i].alone);
    (void)fputc('}', out);
  }
  (void)fputs("],\"events\":[", out);
  for (int t = 0; t < lfc.threads; t++) (void)fprintf(out, "%s%d", t ? "," : "", events[t]);
  (void)fputc(']', out);
  if (lfc_steps_wanted) (void)fprintf(out, ",\"between_completions\":%d", between);
}

/* Names are pointers into the object, which forked processes have at the same address. */
void lfc_steps_send(FILE *out) {
  (void)fwrite(&known, sizeof known, 1, out);
  (void)fwrite(figure, sizeof figure, 1, out);
  (void)fwrite(&between, sizeof between, 1, out);
  (void)fwrite(events, sizeof events, 1, out);
}

bool lfc_steps_receive(FILE *in) {
  int n, stretch, theirs[LFC_THREADS];
  figures other[NAMES];
  if (fread(&n, sizeof n, 1, in) != 1 || fread(other, sizeof other, 1, in) != 1) return false;
  if (fread(&stretch, sizeof stretch, 1, in) != 1 || fread(theirs, sizeof theirs, 1, in) != 1) return false;
  for (int i = 0; i < n; i++) {
    figures *f = figures_of(other[i].name);
    if (other[i].most > f->most) {
      f->most = other[i].most;
      f->site = other[i].site;
    }
    if (other[i].alone > f->alone) f->alone = other[i].alone;
  }
  if (stretch > between) between = stretch;
  for (int t = 0; t < LFC_THREADS; t++)
    if (theirs[t] > events[t]) events[t] = theirs[t];
  return true;
}
