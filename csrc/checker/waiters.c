/* SPDX-License-Identifier: MIT */
#include "waiters.h"

#include "access.h"
#include "defect.h"
#include "execution.h"

enum { THREADS = 16, TOKENS = 5 };
typedef struct {
  uint16_t waiting, released, token[TOKENS];
} queue;

static queue unpack(lfc_word word) {
  queue q = {(uint16_t)word, (uint16_t)(word >> 16), {0}};
  for (int i = 0; i < TOKENS; i++) q.token[i] = (uint16_t)(word >> (32 + 16 * i));
  return q;
}

static lfc_word pack(const queue *q) {
  lfc_word word = (lfc_word)q->waiting | (lfc_word)q->released << 16;
  for (int i = 0; i < TOKENS; i++) word |= (lfc_word)q->token[i] << (32 + 16 * i);
  return word;
}

static int count(uint16_t set) { return __builtin_popcount(set); }
static uint16_t bit(int thread) { return (uint16_t)(1u << thread); }

static int tokens(const queue *q) {
  int n = 0;
  while (n < TOKENS && q->token[n]) n++;
  return n;
}

static void drop(queue *q, int token, int how_many) {
  for (int i = token; i < TOKENS; i++) q->token[i] = i + how_many < TOKENS ? q->token[i + how_many] : 0;
}

static void remove_from_all(queue *q, uint16_t set) {
  q->waiting &= (uint16_t)~set;
  for (int i = 0; i < TOKENS; i++) q->token[i] &= (uint16_t)~set;
}

/* Tokens that nobody is left to take go; sets with a token for each thread are released. */
static void settle(queue *q) {
  for (int i = 0; i < TOKENS; i++) {
    while (q->token[i] == 0 && i + 1 < TOKENS && q->token[i + 1]) drop(q, i, 1);
    if (q->token[i] == 0) return;
    if (count(q->token[i]) > i + 1) continue;
    const uint16_t all = q->token[i];
    drop(q, 0, i + 1);
    remove_from_all(q, all);
    q->released |= all;
    i = -1;
  }
}

static lfc_word enter(lfc_word old, int thread) {
  queue q = unpack(old);
  q.waiting |= bit(thread);
  return pack(&q);
}

static lfc_word leave(lfc_word old, int thread) {
  queue q = unpack(old);
  if (q.released & bit(thread)) {
    q.released &= (uint16_t)~bit(thread);
    return pack(&q);
  }
  for (int i = 0; i < TOKENS; i++) {
    if (!(q.token[i] & bit(thread))) continue;
    drop(&q, i, 1);
    break;
  }
  remove_from_all(&q, bit(thread));
  settle(&q);
  return pack(&q);
}

static lfc_word give_up(lfc_word old, int thread) {
  queue q = unpack(old);
  q.released &= (uint16_t)~bit(thread);
  remove_from_all(&q, bit(thread));
  settle(&q);
  return pack(&q);
}

static lfc_word wake_all(lfc_word old, int thread) {
  (void)thread;
  queue q = unpack(old);
  const queue all = {0, q.released | q.waiting, {0}};
  return pack(&all);
}

static lfc_word wake_one(lfc_word old, int thread) {
  (void)thread;
  queue q = unpack(old);
  const int n = tokens(&q);
  if (n >= count(q.waiting)) return old;
  if (n == TOKENS) lfc_defect(LFC_V_UNSUPPORTED, 0, "more than %d signals that nobody has taken yet", TOKENS);
  q.token[n] = q.waiting;
  settle(&q);
  return pack(&q);
}

static lfc_word same(lfc_word old, int thread) {
  (void)thread;
  return old;
}

static lfc_word may_go(int thread) {
  lfc_word mask = 0;
  for (int i = 0; i <= TOKENS; i++) mask |= (lfc_word)bit(thread) << (16 + 16 * i);
  return mask;
}

void lfc_waiters_enter(uint64_t address, int order, uint32_t site) {
  if (lfc_inside() && lfc.current >= THREADS)
    lfc_defect(LFC_V_UNSUPPORTED, site, "more than %d threads of which some wait on conditions", THREADS);
  (void)lfc_hidden_update(address, LFC_WAITERS_BYTES, enter, order, true, site);
}

/* release: who destroys what was waited on comes after. */
void lfc_waiters_leave(uint64_t address, uint32_t site) {
  lfc_hidden_when(address, LFC_WAITERS_BYTES, may_go(lfc.current), leave, LFC_RELEASE, site);
}

bool lfc_waiters_leave_if_woken(uint64_t address, uint32_t site) {
  return lfc_hidden_if(address, LFC_WAITERS_BYTES, may_go(lfc.current), leave, LFC_RELEASE, site, NULL);
}

bool lfc_waiters_give_up(uint64_t address, int order, uint32_t site) {
  const lfc_word old = lfc_hidden_update(address, LFC_WAITERS_BYTES, give_up, order, true, site);
  return (unpack(old).released & bit(lfc.current)) != 0;
}

int lfc_waiters_wake(uint64_t address, int most, int order, uint32_t site) {
  if (most < 0) {
    const queue q = unpack(lfc_hidden_update(address, LFC_WAITERS_BYTES, wake_all, order, false, site));
    return count(q.waiting) - tokens(&q);
  }
  int woken = 0;
  for (; woken < most; woken++) {
    const lfc_word old = lfc_hidden_update(address, LFC_WAITERS_BYTES, wake_one, order, false, site);
    const queue q = unpack(old);
    if (tokens(&q) >= count(q.waiting)) break;
  }
  return woken;
}

bool lfc_waiters_drain(uint64_t address, uint32_t site) {
  if (!lfc_inside()) return false;
  const lfc_word woken = ~(lfc_word)0xffff; /* its highest bit is LFC_NONE_OF */
  const queue q = unpack(lfc_hidden_when(address, LFC_WAITERS_BYTES, woken, same, LFC_ACQUIRE, site));
  return q.waiting != 0;
}
