/* SPDX-License-Identifier: MIT */
#include "history.h"

#include <stdlib.h>
#include <string.h>

#include "defect.h"
#include "execution.h"
#include "json.h"
#include "object.h"
#include "trace.h"

bool lfc_histories_wanted;
const char *lfc_history_refused;

/* ---- a set of byte strings with counts ---- */

typedef struct {
  uint64_t hash, count;
  uint32_t bytes;
  unsigned char *data;
} item;
typedef struct {
  item *table;
  size_t slots, used;
} set;

static set states, histories;

static item *find(set *s, uint64_t hash, const void *data, uint32_t bytes) {
  for (size_t i = hash;; i++) {
    item *e = &s->table[i & (s->slots - 1)];
    if (e->data == NULL || (e->hash == hash && e->bytes == bytes && memcmp(e->data, data, bytes) == 0)) return e;
  }
}

static void add(set *s, const void *data, uint32_t bytes, uint64_t count) {
  if (s->used * 2 >= s->slots) {
    const set old = *s;
    s->slots = old.slots ? old.slots * 2 : 64;
    s->table = calloc(s->slots, sizeof *s->table);
    if (s->table == NULL) abort();
    for (size_t i = 0; i < old.slots; i++)
      if (old.table[i].data) *find(s, old.table[i].hash, old.table[i].data, old.table[i].bytes) = old.table[i];
    free(old.table);
  }
  uint64_t hash = 0xcbf29ce484222325u;
  for (uint32_t i = 0; i < bytes; i++) hash = (hash ^ ((const unsigned char *)data)[i]) * 0x100000001b3u;
  hash ^= hash >> 29;
  item *e = find(s, hash, data, bytes);
  if (e->data == NULL) {
    e->data = malloc(bytes + 1);
    if (e->data == NULL) abort();
    memcpy(e->data, data, bytes);
    e->bytes = bytes;
    e->hash = hash;
    s->used++;
  }
  e->count += count;
}

static void forget(set *s) {
  for (size_t i = 0; i < s->slots; i++) free(s->table[i].data);
  free(s->table);
  memset(s, 0, sizeof *s);
}

/* ---- marks ---- */

enum { OPERATIONS = LFC_MARKS };
typedef struct {
  const char *name, *answer;
  uint64_t argument, value;
  lfc_clock known; /* at invoke */
  uint32_t site;
  uint8_t thread, began, ended;
  bool pending;
} operation;
static operation operations[OPERATIONS];
static int count;
static uint32_t generation;

static void fresh(void) {
  if (generation != lfc.generation) count = 0;
  generation = lfc.generation;
}

void lf_check_invoke(const char *name, uint64_t argument);
void lf_check_invoke(const char *name, uint64_t argument) {
  if (!lfc_inside()) return;
  fresh();
  const uint32_t site = lfc_site(__builtin_return_address(0));
  lfc_frame = __builtin_frame_address(0);
  if (count == OPERATIONS) lfc_defect(LFC_V_UNSUPPORTED, site, "more than %d marked operations in a run", OPERATIONS);
  operations[count++] =
      (operation){name, NULL, argument, 0, lfc_self()->hb, site, (uint8_t)lfc.current, lfc_now(), 0, true};
  lfc_self()->effects++;
  if (lfc.tracing) lfc_trace_mark("invoke", name, argument, site);
}

void lf_check_return(const char *answer, uint64_t value);
void lf_check_return(const char *answer, uint64_t value) {
  if (!lfc_inside()) return;
  fresh();
  const uint32_t site = lfc_site(__builtin_return_address(0));
  lfc_frame = __builtin_frame_address(0);
  operation *o = NULL;
  for (int i = 0; i < count; i++)
    if (operations[i].thread == lfc.current && operations[i].pending) o = &operations[i];
  if (o == NULL) lfc_defect(LFC_V_UNSUPPORTED, site, "LF_RETURN without LF_INVOKE before it in this thread");
  o->answer = answer;
  o->value = value;
  o->ended = lfc_now();
  o->pending = false;
  lfc_self()->effects++;
  if (lfc.tracing) lfc_trace_mark("return", answer, value, site);
}

int lfc_history_marks(lfc_mark *marks) {
  fresh();
  for (int i = 0; i < count; i++) {
    const operation *o = &operations[i];
    marks[i] = (lfc_mark){o->name, o->site, o->thread, o->began, o->ended, o->pending};
  }
  return count;
}

void lf_check_observe(uint64_t value);
void lf_check_observe(uint64_t value) {
  if (!lfc_inside()) return;
  if (lfc.observations == LFC_OBSERVED)
    lfc_defect(LFC_V_UNSUPPORTED, lfc_site(__builtin_return_address(0)), "more than %d observed values", LFC_OBSERVED);
  lfc.observed[lfc.observations++] = value;
}

void lf_check_assume(int condition);
void lf_check_assume(int condition) {
  if (lfc_inside() && !condition) lfc_block(LFC_WAIT_ASSUME);
}

/* ---- taking ---- */

static bool before(const operation *a, const operation *b) { /* a returned, as b knew when it began */
  if (a == b || a->pending) return false;
  return a->thread == b->thread ? a < b : b->known.at[a->thread] > a->ended;
}

typedef struct {
  uint64_t argument, value, after; /* after: bits of the operations before it */
  const char *name, *answer;
  uint32_t thread, pending;
} packed;

static bool is_refused(const packed *p, int n) {
  char text[200];
  const char *rest = lfc_history_refused;
  for (int i = 0; rest && i < n; i++) {
    const int bytes = snprintf(text, sizeof text, "%u %s %llu %s %llu %u %llu;", p[i].thread, p[i].name,
                               (unsigned long long)p[i].argument, p[i].answer ? p[i].answer : "",
                               (unsigned long long)p[i].value, p[i].pending, (unsigned long long)p[i].after);
    if (bytes >= (int)sizeof text || strncmp(rest, text, (size_t)bytes) != 0) return false;
    rest += bytes;
  }
  return rest && *rest == 0;
}

bool lfc_history_take(bool whole) {
  fresh();
  if (whole) add(&states, lfc.observed, (uint32_t)((size_t)lfc.observations * sizeof *lfc.observed), 1);
  if (!lfc_histories_wanted || count == 0) return false;
  packed p[OPERATIONS];
  memset(p, 0, sizeof p);
  /* In an order of their own: by thread, so that equal histories are equal bytes. */
  int order[OPERATIONS], n = 0;
  for (int t = 0; t < LFC_THREADS; t++)
    for (int i = 0; i < count; i++)
      if (operations[i].thread == t) order[n++] = i;
  for (int i = 0; i < n; i++) {
    const operation *o = &operations[order[i]];
    p[i] = (packed){o->argument, o->value, 0, o->name, o->answer, o->thread, o->pending};
    for (int j = 0; j < n; j++)
      if (before(&operations[order[j]], o)) p[i].after |= (uint64_t)1 << j;
  }
  add(&histories, p, (uint32_t)((size_t)n * sizeof *p), 1);
  return is_refused(p, n);
}

void lfc_history_forget(void) {
  forget(&states);
  forget(&histories);
}

/* ---- printing ---- */

static int by_data(const void *a, const void *b) {
  const item *x = a, *y = b;
  const uint64_t *u = (const void *)x->data, *v = (const void *)y->data;
  if (x->bytes != y->bytes) return x->bytes < y->bytes ? -1 : 1;
  for (uint32_t i = 0; i < x->bytes / 8; i++)
    if (u[i] != v[i]) return u[i] < v[i] ? -1 : 1;
  return 0;
}

static size_t sorted(set *s, item **items) {
  size_t n = 0;
  *items = malloc((s->used + 1) * sizeof **items);
  if (*items == NULL) abort();
  for (size_t i = 0; i < s->slots; i++)
    if (s->table[i].data) (*items)[n++] = s->table[i];
  qsort(*items, n, sizeof **items, by_data);
  return n;
}

void lfc_history_print_states(FILE *out) {
  item *items;
  const size_t n = sorted(&states, &items);
  (void)fputc('[', out);
  for (size_t i = 0; i < n; i++) {
    const uint64_t *values = (const void *)items[i].data;
    (void)fprintf(out, "%s{\"values\":[", i ? "," : "");
    for (uint32_t k = 0; k < items[i].bytes / 8; k++)
      (void)fprintf(out, "%s%llu", k ? "," : "", (unsigned long long)values[k]);
    (void)fprintf(out, "],\"count\":%llu}", (unsigned long long)items[i].count);
  }
  (void)fputc(']', out);
  free(items);
}

void lfc_history_print(FILE *out) {
  item *items;
  const size_t n = sorted(&histories, &items);
  (void)fputc('[', out);
  for (size_t i = 0; i < n; i++) {
    const packed *p = (const void *)items[i].data;
    (void)fprintf(out, "%s[", i ? "," : "");
    for (uint32_t k = 0; k < items[i].bytes / sizeof *p; k++) {
      (void)fprintf(out, "%s{\"thread\":%u,\"operation\":", k ? "," : "", p[k].thread);
      lfc_json_string(out, p[k].name);
      (void)fprintf(out, ",\"argument\":%llu,\"answer\":", (unsigned long long)p[k].argument);
      lfc_json_string(out, p[k].answer ? p[k].answer : "");
      (void)fprintf(out, ",\"value\":%llu,\"pending\":%s,\"after\":[", (unsigned long long)p[k].value,
                    p[k].pending ? "true" : "false");
      bool first = true;
      for (int j = 0; j < OPERATIONS; j++) {
        if (!((p[k].after >> j) & 1)) continue;
        (void)fprintf(out, "%s%d", first ? "" : ",", j);
        first = false;
      }
      (void)fputs("]}", out);
    }
    (void)fputc(']', out);
  }
  (void)fputc(']', out);
  free(items);
}

static void send(FILE *out, const set *s) {
  (void)fwrite(&s->used, sizeof s->used, 1, out);
  for (size_t i = 0; i < s->slots; i++) {
    if (s->table[i].data == NULL) continue;
    (void)fwrite(&s->table[i].bytes, sizeof s->table[i].bytes, 1, out);
    (void)fwrite(&s->table[i].count, sizeof s->table[i].count, 1, out);
    (void)fwrite(s->table[i].data, s->table[i].bytes, 1, out);
  }
}

static bool receive(FILE *in, set *s) {
  size_t n;
  if (fread(&n, sizeof n, 1, in) != 1) return false;
  for (; n > 0; n--) {
    uint32_t bytes;
    uint64_t times;
    if (fread(&bytes, sizeof bytes, 1, in) != 1 || fread(&times, sizeof times, 1, in) != 1) return false;
    unsigned char *data = malloc(bytes + 1);
    if (data == NULL) abort();
    const bool whole = fread(data, 1, bytes, in) == bytes;
    if (whole) add(s, data, bytes, times);
    free(data);
    if (!whole) return false;
  }
  return true;
}

/* Names are pointers into the object, which forked processes have at the same address. */
void lfc_history_send(FILE *out) {
  send(out, &states);
  send(out, &histories);
}

bool lfc_history_receive(FILE *in) { return receive(in, &states) && receive(in, &histories); }
