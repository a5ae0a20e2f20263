/* SPDX-License-Identifier: MIT */
/* event.h: one event of an execution graph, and the clocks that say what it is ordered after. */
#ifndef LFC_EVENT_H
#define LFC_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { LFC_THREADS = 32, LFC_THREAD_EVENTS = 250, LFC_EVENTS = 1000 };

__extension__ typedef unsigned __int128 lfc_word; /* the widest atomic */

/* For each thread, how many of its events are known: event (t, i) is known if at[t] > i. */
typedef union {
  uint8_t at[LFC_THREADS];
#if defined(__SSE2__)
  __m128i whole[LFC_THREADS / 16];
#else
  uint64_t whole[LFC_THREADS / 8];
#endif
} lfc_clock;

static inline void lfc_clock_join(lfc_clock *into, const lfc_clock *from) {
#if defined(__SSE2__)
  for (int i = 0; i < LFC_THREADS / 16; i++) into->whole[i] = _mm_max_epu8(into->whole[i], from->whole[i]);
#else
  for (int i = 0; i < LFC_THREADS; i++)
    if (from->at[i] > into->at[i]) into->at[i] = from->at[i];
#endif
}

enum lfc_order { LFC_RELAXED, LFC_CONSUME, LFC_ACQUIRE, LFC_RELEASE, LFC_ACQ_REL, LFC_SEQ_CST, LFC_PLAIN };

static inline bool lfc_acquires(uint8_t order) {
  return order == LFC_ACQUIRE || order == LFC_CONSUME || order == LFC_ACQ_REL || order == LFC_SEQ_CST;
}
static inline bool lfc_releases(uint8_t order) {
  return order == LFC_RELEASE || order == LFC_ACQ_REL || order == LFC_SEQ_CST;
}

enum lfc_kind { LFC_READ = 1, LFC_WRITE, LFC_FENCE, LFC_CREATE, LFC_JOIN };

enum lfc_flag {
  LFC_F_RMW = 1,      /* read: its write follows; write: its read precedes */
  LFC_F_CAS = 2,      /* read: succeeds only if it reads `expected` */
  LFC_F_WEAK = 4,     /* ... and may fail even then */
  LFC_F_SPURIOUS = 8, /* ... and has */
  LFC_F_LOCK = 16,    /* read: of a lock; blocks unless it reads `expected` */
  LFC_F_AWAIT = 32,   /* read: blocks while it reads `expected` */
  LFC_F_HEAVY = 32,   /* fence: membarrier, a full fence in every thread */
  LFC_F_LIGHT = 64,   /* fence: a compiler fence, which orders nothing but with heavy ones */
  LFC_F_MASK = 64,    /* hidden compare-exchange, lock: succeeds as lfc_matches says; hidden update: of who waits */
  LFC_F_HIDDEN = 128, /* of a location that the program doesn't have: a mutex's word, a futex's queue */
};

/* A compare-exchange succeeds on this value: an equal one; with a mask, one that has a bit of it, or if the mask's own
 * highest bit is set, none. */
static inline bool lfc_matches(uint8_t flags, lfc_word value, lfc_word expected) {
  if (!(flags & LFC_F_MASK)) return value == expected;
  return ((value & expected) != 0) != (expected >> 127 != 0);
}

enum { LFC_INITIAL = 0xffff }; /* reads_from: the value that was there before the first atomic write */

typedef struct {
  lfc_clock hb;   /* happens before: what precedes this event, itself included */
  lfc_clock porf; /* program order and reads-from: what it depends on, itself included */
  lfc_clock rel;  /* write: what an acquire that reads it learns */
  lfc_word value;
  lfc_word expected; /* compare-exchange: succeeds on this */
  uint64_t address;
  uint32_t site;       /* return address, as an offset in the object */
  uint16_t reads_from; /* read: the write's id, or LFC_INITIAL */
  uint16_t mo;         /* write: place in its location's modification order, from 1; gaps are allowed */
  uint8_t kind, flags;
  uint8_t order;            /* read of a compare-exchange: as it turned out */
  uint8_t success, failure; /* read of a compare-exchange: as asked */
  uint8_t thread, index, size;
  uint8_t child; /* create, join: which */
} lfc_event;

/* A fence that takes part in release and acquire. A compiler fence is none: what other threads see, it doesn't change. */
static inline bool lfc_is_real_fence(const lfc_event *e) { return e->kind == LFC_FENCE && !(e->flags & LFC_F_LIGHT); }

static inline bool lfc_happens_before(const lfc_event *a, const lfc_clock *hb) { return hb->at[a->thread] > a->index; }

#endif
