/* SPDX-License-Identifier: MIT */
#include "trace.h"

#include <string.h>

#include "defect.h"
#include "execution.h"
#include "json.h"
#include "object.h"

enum { ENTRIES = 20000, DEPTH = 12 };
enum entry_kind { EVENT, PLAIN, BLOCK, MARK, FAULT, WAITS };

typedef struct {
  const char *word; /* block and mark: kind */
  const char *name; /* mark */
  uint64_t address, size, value;
  uint32_t site, stack[DEPTH];
  uint16_t id; /* of the event */
  uint8_t kind, thread, now, depth;
  bool writes;
} entry;

static entry entries[ENTRIES];
static int count;
static int entry_of[LFC_EVENTS];
static char fault_message[400];
const void *lfc_frame;

void lfc_trace_start(void) {
  count = 0;
  lfc.tracing = true;
  for (int i = 0; i < LFC_EVENTS; i++) entry_of[i] = -1;
}

static entry *add(enum entry_kind kind, uint32_t site) {
  if (count == ENTRIES) return NULL;
  const lfc_thread *t = lfc_self();
  entry *e = &entries[count++];
  memset(e, 0, sizeof *e);
  e->kind = (uint8_t)kind;
  e->thread = (uint8_t)lfc.current;
  e->now = t->done;
  e->site = site;
  const uintptr_t *frame = lfc_frame;
  const uintptr_t low = (uintptr_t)t->co.stack, high = low + t->co.bytes;
  if (frame == NULL) return e;
  frame = (const uintptr_t *)*frame; /* the first return address is the site itself */
  while (e->depth < DEPTH && (uintptr_t)frame > low && (uintptr_t)(frame + 2) < high && frame[1] != 0) {
    if (lfc_object_has_code((const void *)frame[1])) e->stack[e->depth++] = lfc_site((const void *)frame[1]);
    if (frame[0] <= (uintptr_t)frame) break;
    frame = (const uintptr_t *)frame[0];
  }
  return e;
}

void lfc_trace_event(uint16_t id) {
  entry *e = add(EVENT, lfc_g.event[id].site);
  if (e == NULL) return;
  e->id = id;
  entry_of[id] = count - 1;
}

void lfc_trace_plain(bool writes, uint64_t address, uint64_t size, uint32_t site) {
  const lfc_thread *t = lfc_self();
  if (address - (uint64_t)(uintptr_t)t->co.stack < t->co.bytes) return; /* its own variables */
  entry *e = add(PLAIN, site);
  if (e == NULL) return;
  e->writes = writes;
  e->address = address;
  e->size = size;
  if (!writes && size <= 8) memcpy(&e->value, (const void *)(uintptr_t)address, size);
}

void lfc_trace_block(const char *kind, uint64_t address, size_t bytes, uint32_t site) {
  entry *e = add(BLOCK, site);
  if (e == NULL) return;
  e->word = kind;
  e->address = address;
  e->size = bytes;
}

void lfc_trace_mark(const char *kind, const char *name, uint64_t value, uint32_t site) {
  entry *e = add(MARK, site);
  if (e == NULL) return;
  e->word = kind;
  e->name = name;
  e->value = value;
}

void lfc_trace_fault(uint32_t site, const char *message) {
  (void)snprintf(fault_message, sizeof fault_message, "%s", message);
  (void)add(FAULT, site);
}

/* On a condition's or a futex's queue, the only hidden locations of 16 bytes. */
static bool is_wait(uint8_t flags, uint8_t size) { return flags & LFC_F_MASK && size == 16; }

void lfc_trace_blocked(void) {
  for (int i = 0; i < lfc.threads; i++) {
    const lfc_thread *t = &lfc.thread[i];
    if (t->status == LFC_DONE || t->status == LFC_UNUSED || t->status == LFC_NEW) continue;
    lfc.current = i;
    lfc_frame = NULL;
    entry *e = add(WAITS, t->pending.site);
    if (e == NULL) return;
    const bool joins = t->status == LFC_READY && t->pending.kind == LFC_JOIN;
    e->word = joins                                        ? "waits for a thread that does not end"
              : t->wait == LFC_WAIT_FROZEN                 ? "is stopped here for ever"
              : t->wait == LFC_WAIT_ASSUME                 ? "is of no further interest"
              : is_wait(t->pending.flags, t->pending.size) ? "sleeps, and nobody wakes it"
              : t->pending.flags & LFC_F_LOCK              ? "waits for a lock that nobody gives back"
              : t->pending.flags & LFC_F_AWAIT             ? "sleeps, and nobody wakes it"
              : t->status == LFC_BLOCKED                   ? "goes round and round: nothing will change what it reads"
                                                           : "does not go on";
    e->address = t->pending.address;
    e->size = t->pending.size;
  }
}

/* ---- printing ---- */

static const char *const order_name[] = {"relaxed", "consume", "acquire", "release", "acq_rel", "seq_cst", "plain"};

const char *lfc_order_name(uint8_t order) { return order_name[order <= LFC_PLAIN ? order : LFC_PLAIN]; }

static void print_place(FILE *out, uint64_t address, uint64_t size) {
  uint64_t behind;
  (void)fprintf(out, ",\"address\":\"%#llx\",\"size\":%llu", (unsigned long long)address, (unsigned long long)size);
  const char *symbol = lfc_object_symbol(address, &behind);
  if (symbol && behind) (void)fprintf(out, ",\"symbol\":\"%s+%llu\"", symbol, (unsigned long long)behind);
  if (symbol && !behind) (void)fprintf(out, ",\"symbol\":\"%s\"", symbol);
}

static void print_value(FILE *out, const char *key, lfc_word value) {
  (void)fprintf(out, ",\"%s\":%llu", key, (unsigned long long)value);
}

static const char *kind_of(const lfc_event *e) {
  switch (e->kind) {
    case LFC_READ:
      if (is_wait(e->flags, e->size)) return "wait";
      if (e->flags & LFC_F_LOCK) return "lock";
      if (e->flags & LFC_F_AWAIT) return "wait";
      return e->flags & LFC_F_CAS ? "cas-failed" : "load";
    case LFC_WRITE:
      if (e->flags & LFC_F_HIDDEN && is_wait(e->flags, e->size)) return "wait";
      if (e->flags & LFC_F_HIDDEN) return e->flags & LFC_F_LOCK ? "lock" : e->flags & LFC_F_RMW ? "wake" : "unlock";
      return e->flags & LFC_F_RMW ? "update" : "store";
    case LFC_FENCE: return "fence";
    case LFC_CREATE: return "create";
    default: return "join";
  }
}

static void print_reads(FILE *out, const lfc_event *read) {
  if (read->reads_from == LFC_INITIAL) {
    (void)fprintf(out, ",\"reads_from\":\"initial\"");
  } else {
    (void)fprintf(out, ",\"reads_from\":%d", entry_of[read->reads_from]);
  }
  const lfc_event *newest = NULL;
  for (uint16_t rank = lfc_rank(&lfc_g, read);;) {
    const lfc_event *next = lfc_next_in_order(&lfc_g, read->address, rank);
    if (next == NULL) break;
    /* Of those that had been written by then: its own update's write is no news. */
    const int place = entry_of[next - lfc_g.event];
    if (place >= 0 && place < entry_of[read - lfc_g.event]) newest = next;
    rank = next->mo;
  }
  if (newest) (void)fprintf(out, ",\"stale\":true,\"newest\":%d", entry_of[newest - lfc_g.event]);
  if (lfc_acquires(read->order) && read->reads_from != LFC_INITIAL) {
    const lfc_event *w = &lfc_g.event[read->reads_from];
    for (uint16_t i = 0; i < lfc_g.n;
         i++) { /* the release that w hands on: its own, or a fence's, or an update's before it */
      const lfc_event *r = &lfc_g.event[i];
      if ((r->kind == LFC_WRITE || r->kind == LFC_FENCE) && lfc_releases(r->order) && lfc_happens_before(r, &w->rel) &&
          (r == w || (r->kind == LFC_FENCE && r->thread == w->thread))) {
        (void)fprintf(out, ",\"synchronizes_with\":[%d]", entry_of[i]);
        return;
      }
    }
  }
}

static void print_event(FILE *out, const entry *at) {
  const lfc_event *e = &lfc_g.event[at->id], *read = e;
  (void)fprintf(out, "\"index\":%d,\"kind\":\"%s\"", e->index, kind_of(e));
  if (e->kind <= LFC_FENCE) (void)fprintf(out, ",\"order\":\"%s\"", order_name[e->order]);
  if (e->kind == LFC_CREATE || e->kind == LFC_JOIN) (void)fprintf(out, ",\"child\":%d", e->child);
  if (!lfc_is_access(e)) return;
  print_place(out, e->address, e->size);
  if (e->kind == LFC_WRITE && e->flags & LFC_F_RMW) {
    read = &lfc_g.event[lfc.thread[e->thread].event[e->index - 1]];
    print_value(out, "wrote", e->value);
    if (read->flags & LFC_F_CAS) (void)fprintf(out, ",\"failure\":\"%s\"", order_name[read->failure]);
  } else if (e->kind == LFC_READ && e->flags & LFC_F_CAS) {
    print_value(out, "expected", e->expected);
  }
  print_value(out, "value", read->value);
  if (read->kind == LFC_READ) print_reads(out, read);
}

static int conflicting(const entry *fault, int before) {
  for (int i = before - 1; i >= 0; i--) {
    const entry *e = &entries[i];
    if (e->thread == lfc_found.other_thread && e->site == lfc_found.other_site && e != fault) return i;
  }
  return -1;
}

void lfc_trace_print(FILE *out) {
  bool first = true;
  (void)fputc('[', out);
  for (int i = 0; i < count; i++) {
    const entry *e = &entries[i];
    /* An update is one line: its write's. */
    if (e->kind == EVENT && lfc_g.event[e->id].kind == LFC_READ && lfc_g.event[e->id].flags & LFC_F_RMW) continue;
    (void)fprintf(out, "%s{\"id\":%d,\"thread\":%d,\"offset\":\"%#x\",", first ? "" : ",", i, e->thread, e->site);
    first = false;
    if (e->kind == EVENT) {
      print_event(out, e);
    } else {
      const char *kind = e->kind == PLAIN   ? (e->writes ? "write" : "read")
                         : e->kind == FAULT ? "fault"
                         : e->kind == WAITS ? "blocked"
                                            : e->word;
      (void)fprintf(out, "\"index\":-1,\"kind\":\"%s\"", kind);
      if (e->kind == FAULT) {
        (void)fprintf(out, ",\"text\":");
        lfc_json_string(out, fault_message);
        const int other = lfc_found.other_site ? conflicting(e, i) : -1;
        if (other >= 0) (void)fprintf(out, ",\"races_with\":%d", other);
      } else if (e->kind == WAITS) {
        (void)fprintf(out, ",\"text\":\"%s\"", e->word);
        if (e->size) print_place(out, e->address, e->size);
      } else if (e->kind == MARK) {
        (void)fprintf(out, ",\"text\":");
        lfc_json_string(out, e->name);
        print_value(out, "value", e->value);
      } else {
        print_place(out, e->address, e->size);
        if (e->kind == PLAIN && !e->writes && e->size <= 8) print_value(out, "value", e->value);
      }
    }
    (void)fprintf(out, ",\"stack\":[");
    for (int d = 0; d < e->depth; d++) (void)fprintf(out, "%s\"%#x\"", d ? "," : "", e->stack[d]);
    (void)fprintf(out, "]}");
  }
  (void)fputc(']', out);
}
