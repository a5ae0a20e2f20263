/* SPDX-License-Identifier: MIT */
#include "sites.h"

#include <string.h>

#include "trace.h"

bool lfc_synchronizes_wanted;

enum { SITES = 1024, EDGES = 4096 };
typedef struct {
  uint32_t site;
  uint8_t kind, flags, order, failure;
} seen;
typedef struct {
  uint32_t release, acquire;
  uint64_t count;
} pair;
static seen sites[SITES];
static pair edges[EDGES];     /* that synchronize */
static pair decided[EDGES];   /* seq_cst, of which the later saw or overwrote what was at or before the earlier */
static pair unordered[EDGES]; /* store and load of different threads, with no order on either side */

void lfc_site_seen(const lfc_op *op) {
  const uint32_t site = op->site;
  if (op->kind > LFC_FENCE || op->flags & LFC_F_HIDDEN) return;
  if (op->kind == LFC_WRITE && op->flags & LFC_F_RMW) return; /* its read was */
  for (uint32_t i = site * 2654435761u, n = 0; n < SITES; i++, n++) {
    seen *s = &sites[(i >> 8) % SITES];
    if (s->site == site) return;
    if (s->site != 0) {
      i += 255;
      continue;
    }
    *s = (seen){site, op->kind, op->flags, op->order, op->failure};
    return;
  }
}

static void count_pair(pair *table, uint32_t release, uint32_t acquire, uint64_t times) {
  for (uint32_t i = release * 2654435761u ^ acquire * 40503u, n = 0; n < EDGES; i++, n++) {
    pair *e = &table[i % EDGES];
    if (e->count && (e->release != release || e->acquire != acquire)) continue;
    e->release = release;
    e->acquire = acquire;
    e->count += times;
    return;
  }
}

static const lfc_event *fence_before(const lfc_event *w) {
  const lfc_thread *t = &lfc.thread[w->thread];
  for (int i = w->index - 1; i >= 0; i--) {
    const lfc_event *f = &lfc_g.event[t->event[i]];
    if (lfc_is_real_fence(f) && lfc_releases(f->order)) return f;
  }
  return NULL;
}

static const lfc_event *fence_after(const lfc_thread *t, int index) {
  for (int i = index + 1; i < t->done; i++) {
    const lfc_event *f = &lfc_g.event[t->event[i]];
    if (lfc_is_real_fence(f) && lfc_acquires(f->order)) return f;
  }
  return NULL;
}

static void synchronized(const lfc_event *w, uint32_t acquire) {
  for (;;) {
    const lfc_event *by = lfc_releases(w->order) ? w : fence_before(w);
    if (by) count_pair(edges, by->site, acquire, 1);
    if (!(w->flags & LFC_F_RMW)) return;
    const lfc_event *read = &lfc_g.event[lfc.thread[w->thread].event[w->index - 1]];
    if (read->reads_from == LFC_INITIAL) return;
    w = &lfc_g.event[read->reads_from];
  }
}

static bool is_sequential(const lfc_event *e) {
  return e->kind <= LFC_FENCE && e->order == LFC_SEQ_CST && !(e->flags & LFC_F_HIDDEN);
}

/* Something at or after `first` in its thread was seen, or overwritten, at or before `last` in its own. */
static bool decides(const lfc_event *first, const lfc_event *last) {
  const lfc_thread *t = &lfc.thread[first->thread], *u = &lfc.thread[last->thread];
  for (int i = first->index; i < t->done; i++) {
    const lfc_event *a = &lfc_g.event[t->event[i]];
    for (int k = 0; k <= last->index && lfc_is_access(a); k++) {
      const lfc_event *b = &lfc_g.event[u->event[k]];
      if (!lfc_is_access(b) || a->address != b->address) continue;
      const uint16_t ra = lfc_rank(&lfc_g, a), rb = lfc_rank(&lfc_g, b);
      if (ra < rb || (ra == rb && a->kind == LFC_WRITE && b->kind == LFC_READ)) return true;
    }
  }
  return false;
}

static void take_sequential(void) {
  for (uint16_t i = 0; i < lfc_g.n; i++) {
    const lfc_event *a = &lfc_g.event[i];
    if (!is_sequential(a)) continue;
    for (uint16_t k = 0; k < lfc_g.n; k++) {
      const lfc_event *b = &lfc_g.event[k];
      if (a->thread == b->thread || !is_sequential(b)) continue;
      const bool fences = a->kind == LFC_FENCE && b->kind == LFC_FENCE;
      if (fences && (a->flags | b->flags) & LFC_F_LIGHT && !((a->flags | b->flags) & LFC_F_HEAVY)) continue;
      if (decides(a, b)) count_pair(decided, a->site, b->site, 1);
    }
  }
}

void lfc_synchronizes_take(void) {
  if (!lfc_synchronizes_wanted) return;
  take_sequential();
  for (int i = 0; i < lfc.threads; i++) {
    const lfc_thread *t = &lfc.thread[i];
    for (int k = 0; k < t->done; k++) {
      const lfc_event *r = &lfc_g.event[t->event[k]];
      if (r->kind != LFC_READ || r->reads_from == LFC_INITIAL || r->flags & LFC_F_HIDDEN) continue;
      const lfc_event *w = &lfc_g.event[r->reads_from];
      if (w->thread == r->thread) continue;
      if (lfc_acquires(r->order)) {
        synchronized(w, r->site);
        continue;
      }
      const lfc_event *fence = fence_after(t, k);
      if (fence) {
        synchronized(w, fence->site);
      } else if (!lfc_releases(w->order) && fence_before(w) == NULL && !lfc_happens_before(w, &r->hb)) {
        count_pair(unordered, w->site, r->site, 1);
      }
    }
  }
}

void lfc_sites_print(FILE *out) {
  bool first = true;
  (void)fputc('[', out);
  for (int i = 0; i < SITES; i++) {
    const seen *s = &sites[i];
    if (s->site == 0) continue;
    const char *kind = s->kind == LFC_FENCE   ? s->flags & LFC_F_LIGHT   ? "light-fence"
                                                : s->flags & LFC_F_HEAVY ? "heavy-fence"
                                                                         : "fence"
                       : s->kind == LFC_WRITE ? "store"
                       : s->flags & LFC_F_CAS ? s->flags & LFC_F_WEAK ? "cas-weak" : "cas"
                       : s->flags & LFC_F_RMW ? "update"
                                              : "load";
    (void)fprintf(out, "%s{\"offset\":\"%#x\",\"kind\":\"%s\",\"order\":\"%s\"", first ? "" : ",", s->site, kind,
                  lfc_order_name(s->order));
    if (s->flags & LFC_F_CAS) (void)fprintf(out, ",\"failure\":\"%s\"", lfc_order_name(s->failure));
    (void)fputc('}', out);
    first = false;
  }
  (void)fputc(']', out);
}

static bool print_pairs(FILE *out, const pair *table, const char *from, const char *to, const char *more, bool first) {
  for (int i = 0; i < EDGES; i++) {
    if (table[i].count == 0) continue;
    (void)fprintf(out, "%s{\"%s\":\"%#x\",\"%s\":\"%#x\",\"count\":%llu%s}", first ? "" : ",", from, table[i].release,
                  to, table[i].acquire, (unsigned long long)table[i].count, more);
    first = false;
  }
  return first;
}

void lfc_synchronizes_print(FILE *out) {
  (void)fputs(",\"synchronizes\":[", out);
  const bool first = print_pairs(out, edges, "release", "acquire", "", true);
  (void)print_pairs(out, decided, "release", "acquire", ",\"sc\":true", first);
  (void)fputs("],\"unordered\":[", out);
  (void)print_pairs(out, unordered, "store", "load", "", true);
  (void)fputc(']', out);
}

void lfc_sites_send(FILE *out) {
  (void)fwrite(sites, sizeof sites, 1, out);
  (void)fwrite(edges, sizeof edges, 1, out);
  (void)fwrite(decided, sizeof decided, 1, out);
  (void)fwrite(unordered, sizeof unordered, 1, out);
}

static bool receive_pairs(FILE *in, pair *table) {
  static pair theirs[EDGES];
  if (fread(theirs, sizeof theirs, 1, in) != 1) return false;
  for (int i = 0; i < EDGES; i++)
    if (theirs[i].count) count_pair(table, theirs[i].release, theirs[i].acquire, theirs[i].count);
  return true;
}

bool lfc_sites_receive(FILE *in) {
  static seen more[SITES];
  if (fread(more, sizeof more, 1, in) != 1) return false;
  for (int i = 0; i < SITES; i++) {
    const lfc_op op = {.site = more[i].site,
                       .kind = more[i].kind,
                       .flags = more[i].flags,
                       .order = more[i].order,
                       .failure = more[i].failure};
    if (op.site) lfc_site_seen(&op);
  }
  return receive_pairs(in, edges) && receive_pairs(in, decided) && receive_pairs(in, unordered);
}
