/* SPDX-License-Identifier: MIT */
#include "access.h"

#include <string.h>

#include "defect.h"
#include "execution.h"
#include "heap.h"
#include "locations.h"
#include "shadow.h"
#include "thread_locals.h"
#include "trace.h"
#include "weaken.h"

/* ---- atomics ---- */

static lfc_word cut(lfc_word value, uint8_t size) {
  return size == 16 ? value : value & (((lfc_word)1 << (size * 8)) - 1);
}

static lfc_word updated(enum lfc_update what, lfc_word old, lfc_word operand) {
  switch (what) {
    case LFC_EXCHANGE: return operand;
    case LFC_ADD: return old + operand;
    case LFC_SUB: return old - operand;
    case LFC_AND: return old & operand;
    case LFC_OR: return old | operand;
    case LFC_XOR: return old ^ operand;
    default: return ~(old & operand);
  }
}

static void check_place(uint64_t address, uint8_t size, uint32_t site) {
  if (address < 4096) lfc_defect(LFC_V_CRASH, site, "an atomic is accessed through a null pointer");
  if (address % size != 0) lfc_defect(LFC_V_UNSUPPORTED, site, "an atomic of %d bytes is not aligned", size);
}

lfc_word lfc_atomic_load(uint64_t address, uint8_t size, int order, uint32_t site, const void *frame) {
  if (!lfc_inside()) return lfc_load_for_real(address, size);
  check_place(address, size, site);
  const lfc_op op = {.kind = LFC_READ,
                     .address = address,
                     .size = size,
                     .site = site,
                     .frame = frame,
                     .order = lfc_weakened(site, LFC_OWN, (uint8_t)order)};
  return lfc_g.event[lfc_step(&op)].value;
}

void lfc_atomic_store(uint64_t address, uint8_t size, lfc_word value, int order, uint32_t site) {
  if (!lfc_inside()) {
    lfc_store_for_real(address, size, value);
    return;
  }
  check_place(address, size, site);
  const lfc_op op = {.kind = LFC_WRITE,
                     .address = address,
                     .size = size,
                     .site = site,
                     .value = value,
                     .order = lfc_weakened(site, LFC_OWN, (uint8_t)order)};
  (void)lfc_step(&op);
}

/* ---- updates: a read, and the write that follows it at once ---- */

static const lfc_event *read_half(lfc_op *op) {
  op->kind = LFC_READ;
  return &lfc_g.event[lfc_step(op)];
}

static void write_half(lfc_op *op, lfc_word value) {
  op->kind = LFC_WRITE;
  op->flags = (uint8_t)((op->flags & ~(LFC_F_CAS | LFC_F_WEAK)) | LFC_F_RMW);
  op->frame = NULL;
  op->failure = 0;
  op->value = value;
  (void)lfc_step(op);
}

static lfc_word update(lfc_op *op, enum lfc_update what, lfc_word operand) {
  op->flags |= LFC_F_RMW;
  const lfc_word old = read_half(op)->value;
  write_half(op, cut(updated(what, old, operand), op->size));
  return old;
}

/* Reads for a compare-exchange; true: it succeeds, and wants its write. */
static bool read_if(lfc_op *op, lfc_word expected, lfc_word *old) {
  op->flags |= LFC_F_CAS;
  op->value = expected;
  const lfc_event *read = read_half(op);
  *old = read->value;
  return (read->flags & LFC_F_RMW) != 0;
}

lfc_word lfc_atomic_update(uint64_t address, uint8_t size, enum lfc_update what, lfc_word operand, int order,
                           uint32_t site, const void *frame) {
  if (!lfc_inside()) {
    const lfc_word old = lfc_load_for_real(address, size);
    lfc_store_for_real(address, size, updated(what, old, operand));
    return old;
  }
  check_place(address, size, site);
  lfc_op op = {.address = address,
               .size = size,
               .site = site,
               .frame = frame,
               .order = lfc_weakened(site, LFC_OWN, (uint8_t)order)};
  return update(&op, what, operand);
}

bool lfc_atomic_cas(uint64_t address, uint8_t size, lfc_word *expected, lfc_word desired, int order, int failure,
                    bool weak, uint32_t site, const void *frame) {
  if (!lfc_inside()) {
    const lfc_word old = lfc_load_for_real(address, size);
    const bool done = old == *expected;
    if (done) lfc_store_for_real(address, size, desired);
    *expected = old;
    return done;
  }
  check_place(address, size, site);
  lfc_op op = {.address = address,
               .size = size,
               .site = site,
               .frame = frame,
               .flags = (uint8_t)(weak ? LFC_F_WEAK : 0),
               .order = lfc_weakened(site, LFC_OWN, (uint8_t)order),
               .failure = lfc_weakened(site, LFC_FAILURE, (uint8_t)failure)};
  if (!read_if(&op, *expected, expected)) return false;
  write_half(&op, desired);
  return true;
}

void lfc_atomic_fence(int order, enum lfc_flag kind, uint32_t site) {
  if (!lfc_inside()) return;
  uint8_t o = (uint8_t)order;
  if (lfc_weakened(site, LFC_DROP, 0) != 0) return;
  if (kind == LFC_F_LIGHT) {
    if (!lfc_fences_are_asymmetric()) return;
  } else {
    o = lfc_weakened(site, LFC_OWN, o);
    if (o == LFC_RELAXED) return;
  }
  const lfc_op op = {.kind = LFC_FENCE, .site = site, .order = o, .flags = (uint8_t)kind};
  (void)lfc_step(&op);
}

/* ---- plain accesses ---- */

enum { PLAIN_STORES = 16 };
static struct {
  uint64_t address;
  uint32_t site;
  uint8_t size, thread;
} plain_store[PLAIN_STORES];
static int plain_stores;
static uint32_t plain_generation;

static void forget_earlier_runs(void) {
  if (plain_generation != lfc.generation) {
    plain_generation = lfc.generation;
    plain_stores = 0;
  }
}

void lfc_flush_plain(void) {
  forget_earlier_runs();
  for (int i = 0; i < plain_stores;) {
    if (plain_store[i].thread != lfc.current) {
      i++;
      continue;
    }
    const lfc_op op = {.kind = LFC_WRITE,
                       .address = plain_store[i].address,
                       .size = plain_store[i].size,
                       .site = plain_store[i].site,
                       .order = LFC_PLAIN,
                       .value = lfc_load_for_real(plain_store[i].address, plain_store[i].size)};
    plain_store[i] = plain_store[--plain_stores];
    (void)lfc_step(&op);
  }
}

static void store_among_atomics(uint64_t address, uint8_t size, uint32_t site) {
  forget_earlier_runs();
  for (int i = 0; i < plain_stores; i++)
    if (plain_store[i].thread == lfc.current && plain_store[i].address == address) return;
  if (plain_stores == PLAIN_STORES) lfc_defect(LFC_V_UNSUPPORTED, site, "too many plain stores to atomics at once");
  plain_store[plain_stores].address = address;
  plain_store[plain_stores].size = size;
  plain_store[plain_stores].site = site;
  plain_store[plain_stores++].thread = (uint8_t)lfc.current;
}

/* A plain read of an atomic: no race, so all writes happen before it, and memory must hold the last. */
static void load_among_atomics(uint64_t address, uint8_t size) {
  const lfc_event *last = NULL;
  for (uint16_t i = 0; i < lfc_g.n; i++) {
    const lfc_event *e = &lfc_g.event[i];
    if (e->kind == LFC_WRITE && e->address == address && lfc.thread[e->thread].done > e->index &&
        (last == NULL || e->mo > last->mo))
      last = e;
  }
  forget_earlier_runs();
  for (int i = 0; i < plain_stores; i++)
    if (plain_store[i].address == address) return; /* newer still */
  if (last) lfc_store_for_real(address, size, last->value);
}

void lfc_plain(uint64_t address, uint64_t size, bool writes, uint32_t site) {
  if (!lfc_inside() || size == 0 || lfc_is_others(address)) return;
  if (address < 4096) lfc_defect(LFC_V_CRASH, site, "memory is %s through a null pointer", writes ? "written" : "read");
  lfc_thread *t = lfc_self();
  const bool on_own_stack = address - (uint64_t)(uintptr_t)t->co.stack < t->co.bytes;
  const enum lfc_access what = writes ? LFC_PLAIN_WRITE : LFC_PLAIN_READ;
  if (writes && !on_own_stack) t->effects++;
  if (lfc.tracing) {
    lfc_trace_plain(writes, address, size, site);
  } else if (lfc_shadow_knows(address, size, what)) {
    return;
  }
  if (!on_own_stack) lfc_heap_access(address, size, writes, writes, site);
  if (!lfc_shadow(address, size, what, t->done, site)) return;
  for (uint64_t at = address, where; at < address + size;) {
    const uint8_t found = lfc_atomic_at(at, address + size - at, &where);
    if (!found) break;
    if (writes) {
      store_among_atomics(where, found, site);
    } else {
      load_among_atomics(where, found);
    }
    at = where + found;
  }
}

/* ---- hidden locations ---- */

static lfc_word change_for_real(uint64_t address, uint8_t size, lfc_change *change) {
  const lfc_word old = lfc_load_for_real(address, size);
  lfc_store_for_real(address, size, change(old, 0));
  return old;
}

static lfc_word to_one(lfc_word old, int thread) {
  (void)old;
  (void)thread;
  return 1;
}

/* A compare-exchange whose write is made of what was read. */
static bool update_if(lfc_op *op, lfc_word expected, lfc_change *change, lfc_word *old) {
  op->flags |= LFC_F_HIDDEN;
  if (!read_if(op, expected, old)) return false;
  write_half(op, change(*old, lfc.current));
  return true;
}

void lfc_hidden_lock(uint64_t address, uint32_t site) {
  lfc_word old;
  if (!lfc_inside()) {
    lfc_store_for_real(address, 4, 1);
    return;
  }
  lfc_op op = {.address = address, .size = 4, .site = site, .order = LFC_ACQUIRE, .flags = LFC_F_LOCK};
  (void)update_if(&op, 0, to_one, &old);
}

uint32_t lfc_hidden_try(uint64_t address, int failure, uint32_t site, const void *frame) {
  lfc_word old;
  if (!lfc_inside()) {
    old = lfc_load_for_real(address, 4);
    if (old == 0) lfc_store_for_real(address, 4, 1);
    return (uint32_t)old;
  }
  lfc_op op = {
      .address = address, .size = 4, .site = site, .order = LFC_ACQUIRE, .failure = (uint8_t)failure, .frame = frame};
  (void)update_if(&op, 0, to_one, &old);
  return (uint32_t)old;
}

void lfc_hidden_store(uint64_t address, uint32_t value, uint32_t site) {
  if (!lfc_inside()) {
    lfc_store_for_real(address, 4, value);
    return;
  }
  const lfc_op op = {.kind = LFC_WRITE,
                     .address = address,
                     .size = 4,
                     .site = site,
                     .value = value,
                     .order = LFC_RELEASE,
                     .flags = LFC_F_HIDDEN};
  (void)lfc_step(&op);
}

uint32_t lfc_hidden_add(uint64_t address, uint32_t value, uint32_t site) {
  if (!lfc_inside()) {
    const lfc_word old = lfc_load_for_real(address, 4);
    lfc_store_for_real(address, 4, old + value);
    return (uint32_t)old;
  }
  lfc_op op = {.address = address, .size = 4, .site = site, .order = LFC_ACQ_REL, .flags = LFC_F_HIDDEN};
  return (uint32_t)update(&op, LFC_ADD, value);
}

uint32_t lfc_hidden_load(uint64_t address, uint32_t site) {
  if (!lfc_inside()) return (uint32_t)lfc_load_for_real(address, 4);
  const lfc_op op = {
      .kind = LFC_READ, .address = address, .size = 4, .site = site, .order = LFC_ACQUIRE, .flags = LFC_F_HIDDEN};
  return (uint32_t)lfc_g.event[lfc_step(&op)].value;
}

void lfc_hidden_await(uint64_t address, uint32_t old, uint32_t site) {
  if (!lfc_inside()) return;
  const lfc_op op = {.kind = LFC_READ,
                     .address = address,
                     .size = 4,
                     .site = site,
                     .value = old,
                     .order = LFC_ACQUIRE,
                     .flags = LFC_F_AWAIT | LFC_F_HIDDEN};
  (void)lfc_step(&op);
}

lfc_word lfc_hidden_update(uint64_t address, uint8_t size, lfc_change *change, int order, bool waits, uint32_t site) {
  if (!lfc_inside()) return change_for_real(address, size, change);
  lfc_op op = {.address = address,
               .size = size,
               .site = site,
               .order = (uint8_t)order,
               .flags = (uint8_t)(LFC_F_HIDDEN | LFC_F_RMW | (waits ? LFC_F_MASK : 0))};
  const lfc_word old = read_half(&op)->value;
  write_half(&op, change(old, lfc.current));
  return old;
}

lfc_word lfc_hidden_when(uint64_t address, uint8_t size, lfc_word mask, lfc_change *change, int order, uint32_t site) {
  lfc_word old;
  if (!lfc_inside()) return change_for_real(address, size, change);
  lfc_op op = {
      .address = address, .size = size, .site = site, .order = (uint8_t)order, .flags = LFC_F_LOCK | LFC_F_MASK};
  (void)update_if(&op, mask, change, &old);
  return old;
}

bool lfc_hidden_if(uint64_t address, uint8_t size, lfc_word mask, lfc_change *change, int order, uint32_t site,
                   const void *frame) {
  lfc_word old;
  if (!lfc_inside()) {
    old = lfc_load_for_real(address, size);
    if (!lfc_matches(LFC_F_MASK, old, mask)) return false;
    (void)change_for_real(address, size, change);
    return true;
  }
  lfc_op op = {
      .address = address, .size = size, .site = site, .order = (uint8_t)order, .frame = frame, .flags = LFC_F_MASK};
  return update_if(&op, mask, change, &old);
}
