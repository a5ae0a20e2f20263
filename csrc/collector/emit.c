/* SPDX-License-Identifier: MIT */
/* emit.c: the hot path: one event into the calling thread's lane. No read-modify-write, no allocation, no system
 * call unless the drain sleeps and the mark is passed.
 *
 *   inside = 1 | offered + 1 | reserve | seq, ticks, payload, CRC | commit | next_seq + 1 | inside = 0
 *
 * Killed anywhere, the lane shows the event either whole and counted or (offered, inside) as torn.
 *
 * What has to be asked before a record goes in (room, the reserve, the edge, the mark, drops to tell of) is asked
 * once for many: up to `plain_until` the answer is known.
 *
 * Ordering
 *   emit:enter <> close:announce     forbids: close sees nobody inside while an emit sees the lane open
 *   emit:leave -> close:quiet        what an emit published is seen by whoever saw it leave
 *   emit:reject -> audit:rejected    what is seen rejected is seen offered
 *   emit:number -> audit:accepted    next_seq never counts a record that is not committed
 *   wait:settle -> audit:settled     a waiter's rejection is counted before it is said not to wait */
#include "internal.h"

#include "crc32c_inline.h"

/* As bytes of its own function: what happens rarely stays out of the hot path's registers. */
#define LF_COLD __attribute__((cold, noinline))

/* The producer is the only writer of its counters, so a load and a store make an increment. */
static inline void count(LF_ATOMIC(uint64_t) * counter) {
  /* relaxed: only this thread writes it */
  const uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
  /* relaxed: a statistic for live readers; a dead process's is read after its lock is gone */
  atomic_store_explicit(counter, value + 1, memory_order_relaxed);
}

/* After `offered`: nobody, not even after a kill, finds an event rejected that was not offered. */
static inline void count_rejection(lf_lane_file *file, lf_reason reason) {
  /* relaxed: only this thread writes it */
  const uint64_t value = atomic_load_explicit(&file->rejected[reason], memory_order_relaxed);
  /* [emit:reject] pairs with [audit:rejected] */
  atomic_store_explicit(&file->rejected[reason], value + 1, memory_order_release);
}

static inline void leave(lf_lane_file *file) {
  /* [emit:leave] pairs with [close:quiet] */
  atomic_store_explicit(&file->inside, 0u, memory_order_release);
}

static inline void count_waiting(lf_lane_file *file, uint32_t step) {
  /* relaxed: only this thread writes it */
  const uint32_t value = atomic_load_explicit(&file->waiting, memory_order_relaxed);
  /* [wait:settle] pairs with [audit:settled] */
  atomic_store_explicit(&file->waiting, value + step, memory_order_release);
}

/* An event offered before (LF_EMIT_RETRY) was counted in the lane; any other that never enters it, in the process. */
static LF_COLD lf_status refuse(lf_lane *lane, uint32_t flags, lf_reason reason, lf_status status) {
  if (flags & LF_EMIT_RETRY) {
    lf_lane_give_up(lane, reason);
  } else {
    lf_collector_reject(lane->collector, reason);
  }
  return status;
}

/* For the GAP record that goes in before the next event that is accepted. */
static void note_gap(lf_lane *lane, lf_reason reason) {
  const uint64_t ticks = lf_clock_ticks(lane->clock);
  if (!lane->gap_open) lane->gap.from = ticks;
  lane->gap.to = ticks;
  lane->gap.rejected[reason]++;
  lane->gap_open = true;
  lane->plain_until = lf_spsc_bytes_pushed(lane->queue);
}

static LF_COLD lf_status no_room(lf_lane *lane, uint32_t flags, lf_reason reason, lf_status status) {
  lf_lane_file *file = lane->file;
  if (reason == LF_REASON_FULL && (flags & (LF_EMIT_WAIT | LF_EMIT_RETRY)) != 0) {
    if (flags & LF_EMIT_WAIT && !(flags & LF_EMIT_RETRY)) count_waiting(file, 1u);
  } else {
    if (flags & LF_EMIT_RETRY) count_waiting(file, 0u - 1u);
    count_rejection(file, reason);
    note_gap(lane, reason);
  }
  leave(file);
  if (reason == LF_REASON_FULL) lf_drain_wake(lane->collector);
  return status;
}

static void look_at_fill(lf_lane *lane, uint64_t pushed) {
  const uint64_t used = lf_spsc_bytes_used(lane->queue);
  if (used >= lane->mark) {
    lane->check_at = pushed + lane->mark / 4;
    lf_drain_wake(lane->collector);
  } else {
    lane->check_at = pushed + (lane->mark - used);
  }
}

/* How far the next records may go before anything has to be asked again. */
static void look_ahead(lf_lane *lane, uint64_t pushed) {
  const lf_spsc_bytes *queue = lane->queue;
  const uint64_t room = queue->capacity - (pushed - queue->popped_seen);
  const uint64_t to_edge = lf_spsc_bytes_to_edge_(queue, pushed);
  const uint64_t to_check = lane->check_at - pushed - 8; /* the record that reaches check_at is to look */
  uint64_t plain = room > lane->reserve && !lane->gap_open ? room - lane->reserve : 0;
  if (plain > to_edge) plain = to_edge;
  if (plain > to_check) plain = to_check;
  if (plain > queue->max_record) plain = queue->max_record;
  lane->plain_until = pushed + plain;
}

#ifdef LF_CRC_TARGET
LF_CRC_TARGET static inline uint64_t copy_word(uint64_t crc, unsigned char *to, const unsigned char *from) {
  const uint64_t v = lf_crc_load8(from);
  memcpy(to, &v, 8);
  return lf_crc_8(crc, v);
}

/* The checksum is taken of what was copied, not of the caller's bytes once more: they may change under us. */
LF_CRC_TARGET static inline uint64_t copy_hardware(uint64_t crc, unsigned char *to, const unsigned char *from,
                                                   size_t n) {
  size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    crc = copy_word(crc, to + i, from + i);
    crc = copy_word(crc, to + i + 8, from + i + 8);
    crc = copy_word(crc, to + i + 16, from + i + 16);
    crc = copy_word(crc, to + i + 24, from + i + 24);
  }
#pragma GCC unroll 1
  for (; i + 8 <= n; i += 8) crc = copy_word(crc, to + i, from + i);
  if (i == n) return crc;
  const uint64_t v = n >= 8 ? lf_crc_load8(from + n - 8) >> 8 * (8 - (n - i)) : lf_crc_load(from, n);
  memcpy(to + i, &v, 8); /* a record is padded to 8 */
  return lf_crc_rest(crc, v, n - i);
}

LF_CRC_TARGET static inline uint32_t seal_hardware(uint32_t salt, uint32_t word, uint64_t seq, uint64_t ticks,
                                                   unsigned char *to, const void *payload, size_t len) {
  uint64_t crc = lf_crc_4(~salt, word);
  crc = lf_crc_8(crc, seq);
  crc = lf_crc_8(crc, ticks);
  return ~(uint32_t)copy_hardware(crc, to, payload, len);
}
#endif

static uint32_t seal_table(uint32_t salt, uint32_t word, uint64_t seq, uint64_t ticks, unsigned char *to,
                           const void *payload, size_t len) {
  unsigned char head[20];
  memcpy(head, &word, 4);
  memcpy(head + 4, &seq, 8);
  memcpy(head + 12, &ticks, 8);
  if (len != 0) memcpy(to, payload, len);
  return lf_crc32c(lf_crc32c(salt, head, sizeof head), to, len);
}

typedef uint32_t seal_function(uint32_t salt, uint32_t word, uint64_t seq, uint64_t ticks, unsigned char *to,
                               const void *payload, size_t len);

typedef uint64_t clock_function(uint32_t kind);

/* Writes and publishes the record that starts at `record` and ends at position `end`. */
LF_ALWAYS_INLINE void put(lf_lane *lane, lf_record *record, uint64_t end, const void *payload, size_t len,
                          uint32_t kind, bool gap, seal_function *seal, clock_function *clock) {
  /* relaxed: only this thread writes it */
  const uint64_t seq = atomic_load_explicit(&lane->file->next_seq, memory_order_relaxed);
  const uint64_t ticks = clock(lane->clock);
  const uint32_t word = (uint32_t)(len + 16) | kind << 24;
  unsigned char *to = (unsigned char *)(record + 1);
  record->word = word;
  memcpy(to, &seq, 8);
  memcpy(to + 8, &ticks, 8);
  record->tag = seal(lane->salt, word, seq, ticks, to + 16, payload, len);
  lf_spsc_bytes_publish_(lane->queue, end);
  if (gap) return; /* has the number of the event behind it */
  lf_lane_file *file = lane->file;
  /* relaxed: only this thread writes it; read again, so that nothing of it lives across the copy */
  const uint64_t now = atomic_load_explicit(&file->next_seq, memory_order_relaxed);
  /* [emit:number] pairs with [audit:accepted] */
  atomic_store_explicit(&file->next_seq, now + 1, memory_order_release);
}

bool lf_lane_put_gap(lf_lane *lane) {
  lf_spsc_bytes *queue = lane->queue;
  const uint64_t pushed = lf_spsc_bytes_pushed(queue), need = lf_record_bytes(sizeof lane->gap + 16);
  uint64_t position = pushed;
  if (!lane->gap_open || !lf_spsc_bytes_place_(queue, pushed, &position, need)) return false;
  put(lane, lf_spsc_bytes_at_(queue, position), position + need, &lane->gap, sizeof lane->gap, LF_KIND_GAP, true,
      seal_table, lf_clock_ticks);
  memset(&lane->gap, 0, sizeof lane->gap);
  lane->gap_open = false;
  return true;
}

/* What was dropped is told before the next event, but never at its expense: both must fit. */
static void tell_gap(lf_lane *lane, uint64_t need) {
  const uint64_t gap = lf_record_bytes(sizeof lane->gap + 16), padding = need > gap ? need : gap;
  const uint64_t want = gap + padding + need + lane->reserve;
  if (lf_spsc_bytes_room_(lane->queue, lf_spsc_bytes_pushed(lane->queue), want) >= want) (void)lf_lane_put_gap(lane);
}

/* Whatever is not plain. The caller is inside, and the event is counted as offered. */
static LF_COLD lf_status emit_carefully(lf_lane *lane, const void *payload, size_t len, uint32_t kind, uint32_t flags) {
  lf_lane_file *file = lane->file;
  lf_spsc_bytes *queue = lane->queue;
  if (len > queue->max_record - 16 || kind >= LF_RECORD_PAD || kind == LF_KIND_GAP) {
    return no_room(lane, flags, LF_REASON_TOO_BIG, LF_TOO_BIG);
  }
  const uint64_t need = lf_record_bytes((uint32_t)(len + 16));
  if (lane->gap_open) tell_gap(lane, need);
  const uint64_t pushed = lf_spsc_bytes_pushed(queue);
  const uint64_t want = need + (flags & LF_EMIT_CRITICAL ? 0 : lane->reserve);
  uint64_t position = pushed;
  if (lf_spsc_bytes_room_(queue, pushed, want) < want || !lf_spsc_bytes_place_(queue, pushed, &position, need)) {
    return no_room(lane, flags, LF_REASON_FULL, LF_FULL);
  }
  put(lane, lf_spsc_bytes_at_(queue, position), position + need, payload, len, kind, false, seal_table, lf_clock_ticks);
  if (flags & LF_EMIT_RETRY) count_waiting(file, 0u - 1u);
  if ((int64_t)(position + need - lane->check_at) >= 0) look_at_fill(lane, position + need);
  look_ahead(lane, position + need);
  leave(file);
  return LF_OK;
}

LF_ALWAYS_INLINE lf_status emit_with(lf_lane *lane, const void *payload, size_t len, uint32_t kind, uint32_t flags,
                                     seal_function *seal, clock_function *clock) {
  lf_lane_file *file = lane->file;
  /* relaxed: only this thread writes it; a signal handler on it sees what it interrupted */
  if (LF_UNLIKELY(atomic_load_explicit(&file->inside, memory_order_relaxed) != 0)) {
    const bool dead = lane->queue == NULL;
    return refuse(lane, flags, dead ? LF_REASON_CLOSED : LF_REASON_REENTRANT, dead ? LF_CLOSED : LF_BUSY);
  }
  /* [emit:enter] ordered with [close:announce]; forbids: nobody inside for close, open for emit */
  atomic_store_explicit(&file->inside, 1u, memory_order_relaxed);
  lf_fence_light(false);
  lf_spsc_bytes *queue = lane->queue;
  if (LF_UNLIKELY(lf_spsc_bytes_is_closed(queue))) {
    leave(file);
    return refuse(lane, flags, LF_REASON_CLOSED, LF_CLOSED);
  }
  if (LF_LIKELY(!(flags & LF_EMIT_RETRY))) count(&file->offered);
  const uint64_t pushed = lf_spsc_bytes_pushed(queue);
  const uint64_t need = sizeof(lf_record) + ((len + 16 + 7) & ~(uint64_t)7);
  if (LF_UNLIKELY(len > LF_RECORD_MAX || need > lane->plain_until - pushed || flags & LF_EMIT_RETRY ||
                  kind >= LF_RECORD_PAD || kind == LF_KIND_GAP)) {
    return emit_carefully(lane, payload, len, kind, flags);
  }
  put(lane, lf_spsc_bytes_at_(queue, pushed), pushed + need, payload, len, kind, false, seal, clock);
  leave(lane->file);
  return LF_OK;
}

#ifdef LF_CRC_TARGET
LF_CRC_TARGET static lf_status emit_hardware(lf_lane *lane, const void *payload, size_t len, uint32_t kind,
                                             uint32_t flags) {
  return emit_with(lane, payload, len, kind, flags, seal_hardware, lf_clock_ticks);
}
#endif

#if defined(__x86_64__)
static inline uint64_t tsc(uint32_t kind) {
  (void)kind;
  return __builtin_ia32_rdtsc();
}

/* Calls nothing, and so saves no registers. */
LF_CRC_TARGET static lf_status emit_hardware_tsc(lf_lane *lane, const void *payload, size_t len, uint32_t kind,
                                                 uint32_t flags) {
  return emit_with(lane, payload, len, kind, flags, seal_hardware, tsc);
}
#endif

static lf_status emit_table(lf_lane *lane, const void *payload, size_t len, uint32_t kind, uint32_t flags) {
  return emit_with(lane, payload, len, kind, flags, seal_table, lf_clock_ticks);
}

static lf_status (*emit_chosen)(lf_lane *, const void *, size_t, uint32_t, uint32_t) = emit_table;

void lf_emit_prepare(const lf_clock *clock) {
  (void)lf_eventcount_open(false);
  (void)lf_eventcount_open(true);
  (void)clock;
#ifdef LF_CRC_TARGET
  if (lf_crc32c_way() == LF_CRC_HARDWARE) emit_chosen = emit_hardware;
#endif
#if defined(__x86_64__)
  if (lf_crc32c_way() == LF_CRC_HARDWARE && clock->kind == LF_CLOCK_TSC) emit_chosen = emit_hardware_tsc;
#endif
}

lf_status lf_lane_emit(lf_lane *lane, const void *payload, size_t len, uint32_t kind, uint32_t flags) {
  return emit_chosen(lane, payload, len, kind, flags);
}

lf_status lf_collector_emit(lf_collector *collector, const void *payload, size_t len, uint32_t kind, uint32_t flags,
                            lf_lane **lane) {
  lf_lane *mine = *lane = lf_lane_mine(collector);
  if (LF_UNLIKELY(mine == NULL)) return LF_FULL;
  return emit_chosen(mine, payload, len, kind, flags);
}

void lf_lane_give_up(lf_lane *lane, lf_reason reason) {
  if (lane->queue == NULL) return; /* a forked child: the event was the parent's */
  lf_lane_file *file = lane->file;
  count_rejection(file, reason);
  /* relaxed: only this thread writes it */
  if (atomic_load_explicit(&file->inside, memory_order_relaxed) == 0) {
    /* [emit:enter] ordered with [close:announce]; forbids: nobody inside for close, open for emit */
    atomic_store_explicit(&file->inside, 1u, memory_order_relaxed);
    lf_fence_light(false);
    if (!lf_spsc_bytes_is_closed(lane->queue)) note_gap(lane, reason);
    leave(file);
  }
  count_waiting(file, 0u - 1u);
}

size_t lf_lane_max_record(const lf_lane *lane) {
  return lane->queue == NULL ? 0 : lf_spsc_bytes_max_record(lane->queue) - 16;
}

/* Exactly when the next try would succeed, seen by the producer itself. */
static bool has_room(lf_lane *lane, size_t len, uint32_t flags) {
  lf_spsc_bytes *queue = lane->queue;
  const uint64_t pushed = lf_spsc_bytes_pushed(queue);
  const uint64_t need = lf_record_bytes((uint32_t)(len + 16));
  const uint64_t to_edge = lf_spsc_bytes_to_edge_(queue, pushed);
  const uint64_t padded = need > to_edge ? to_edge + need : need;
  const uint64_t kept = flags & LF_EMIT_CRITICAL ? need : need + lane->reserve;
  const uint64_t want = padded > kept ? padded : kept;
  return lf_spsc_bytes_room_(queue, pushed, want) >= want;
}

lf_status lf_lane_wait_room(lf_lane *lane, size_t len, uint32_t flags, int64_t nanoseconds) {
  if (lane->queue == NULL || len > lf_lane_max_record(lane)) return LF_CLOSED;
  const int64_t deadline = lf_clock_deadline(nanoseconds);
  for (;;) {
    const uint32_t key = lf_eventcount_prepare(&lane->file->room);
    if (has_room(lane, len, flags)) {
      lf_eventcount_cancel(&lane->file->room, key);
      return LF_OK;
    }
    if (lf_spsc_bytes_is_closed(lane->queue)) return LF_CLOSED;
    const int64_t left = deadline == INT64_MAX ? -1 : deadline - lf_clock_monotonic();
    if (deadline != INT64_MAX && left <= 0) return LF_TIMEOUT;
    lf_drain_wake(lane->collector);
    if (lf_eventcount_wait(&lane->file->room, key, left) == LF_INTERRUPTED) return LF_INTERRUPTED;
  }
}
