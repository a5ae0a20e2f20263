/* SPDX-License-Identifier: MIT */
/* collector.h: the whole public face of the collector in C. Plain declarations: this file is also read by cffi.
 *
 *   emit (any thread) -> its own lane (spsc_bytes in a mapped file) -> drain (one native thread) -> segments
 *
 * docs/reference/formats.md has the layout of every file. */
#ifndef LOCKFREE_COLLECTOR_H
#define LOCKFREE_COLLECTOR_H

#include <lockfree/api/base.h>

#pragma GCC visibility push(default)

typedef struct lf_collector lf_collector; /* one directory opened for emitting by this process */
typedef struct lf_lane lf_lane;           /* one thread's lane; valid until its collector is freed */

typedef enum lf_overflow { LF_OVERFLOW_DROP_NEW = 0, LF_OVERFLOW_ERROR = 1, LF_OVERFLOW_BLOCK = 2 } lf_overflow;
typedef enum lf_format { LF_FORMAT_BINARY = 0, LF_FORMAT_NDJSON = 1 } lf_format;

/* Why an event was not accepted; the index into `rejected`. */
typedef enum lf_reason {
  LF_REASON_FULL = 0,      /* the lane had no room (for block: until the deadline) */
  LF_REASON_TOO_BIG = 1,   /* longer than the lane's longest record */
  LF_REASON_ENCODE = 2,    /* the caller could not encode it */
  LF_REASON_CLOSED = 3,    /* the collector was closed */
  LF_REASON_REENTRANT = 4, /* emit from a signal handler inside an emit */
  LF_REASON_NO_LANE = 5,   /* memory= has no room for another lane */
  LF_REASONS = 8
} lf_reason;

typedef struct lf_collector_options {
  const char *dir;      /* made if missing; lanes live here */
  const char *segments; /* NULL: dir/segments; else a directory, to which dir/segments becomes a link */
  uint64_t memory;      /* bytes for all lanes of this process; 0: 64 MiB */
  uint64_t
      lane_bytes; /* bytes of one lane's buffer, rounded up to a power of two; 0: memory / 16, within 64 KiB..4 MiB */
  uint64_t segment_bytes; /* a new segment file from here on; 0: 64 MiB */
  uint32_t flush_ms;      /* the longest an event waits in its lane for the drain; 0: 100 */
  uint32_t overflow;      /* lf_overflow */
  uint32_t format;        /* lf_format */
  uint32_t drain;         /* 1: native drain thread; 0: none, flush and close drain in the calling thread */
  uint64_t start_at;      /* 0; tests of the wrap: the position in bytes, modulo 2^64, at which lanes begin */
} lf_collector_options;

typedef struct lf_counters {
  uint64_t offered;
  uint64_t accepted;  /* the number in the last valid record */
  uint64_t delivered; /* acknowledged by the segment writer */
  uint64_t pending;   /* records counted in the lanes */
  uint64_t torn;
  uint64_t rejected[8]; /* by lf_reason */
  uint64_t lanes;
} lf_counters;

/* Opens dir, first adopting what dead processes left in it. 0, or an errno with a sentence in `error` that says
 * what to do. Not async-signal-safe; any thread. */
int lf_collector_open(const lf_collector_options *options, lf_collector **out, char *error, size_t error_bytes);
/* No more events; drains, finishes the segment, folds the ledger, removes the files. 0, or an errno with a
 * sentence when something had to stay in the lanes (they are adopted by the next open). Idempotent. */
int lf_collector_close(lf_collector *collector, int64_t nanoseconds, char *error, size_t error_bytes);
/* Frees the handle (closing it first if need be). No thread may be inside it. */
void lf_collector_free(lf_collector *collector);
/* Everything emitted before the call is in the segments when it returns OK; TIMEOUT, CLOSED, or BUSY (disk trouble). */
lf_status lf_collector_flush(lf_collector *collector, int64_t nanoseconds);
/* What keeps the drain from writing, or "" (e.g. "No space left on device"). Copies into text. */
void lf_collector_trouble(lf_collector *collector, char *text, size_t text_bytes);
/* Sums of this process's lanes. Any thread. */
void lf_collector_counters(lf_collector *collector, lf_counters *out);
/* 0..1: how full the calling thread's lane is. One load. */
double lf_collector_pressure(lf_collector *collector);
/* Registers an event's shape, e.g. "click(uid:str,item:int,price:float)"; the same text gives the same kind.
 * The record kind (16..254), or a negative errno: EINVAL the text, ENOSPC the table. Any thread. */
int lf_collector_schema(lf_collector *collector, const char *text);

/* The calling thread's lane, made at its first call (slow), later a thread-local load. NULL: no room for one;
 * the caller then calls lf_collector_reject(.., LF_REASON_NO_LANE). After fork the child gets lanes of its own. */
lf_lane *lf_collector_lane(lf_collector *collector);
/* Counts an event that was offered and rejected before it reached a lane. Any thread. */
void lf_collector_reject(lf_collector *collector, lf_reason reason);

#define LF_EMIT_CRITICAL 1u /* may use the lane's last tenth */
#define LF_EMIT_RETRY 2u    /* offered already; and if FULL do not count a rejection, the caller will wait and retry */
#define LF_EMIT_WAIT 4u     /* if FULL do not count a rejection (first try of a caller who will wait) */

/* Only the lane's own thread. Copies the payload with sequence number and time stamp: OK FULL TOO_BIG CLOSED BUSY
 * (BUSY: inside another emit of this thread). Every answer but OK has been counted, unless a flag says otherwise.
 * No allocation; no system call unless the drain sleeps and the mark is passed. */
lf_status lf_lane_emit(lf_lane *lane, const void *payload, size_t len, uint32_t kind, uint32_t flags);
/* Both in one: finds the calling thread's lane (NULL, and LF_FULL: there is room for none) and emits into it. */
lf_status lf_collector_emit(lf_collector *collector, const void *payload, size_t len, uint32_t kind, uint32_t flags,
                            lf_lane **lane);
/* Sleeps until the lane may have room for len bytes: OK TIMEOUT INTERRUPTED CLOSED. nanoseconds < 0: no limit. */
lf_status lf_lane_wait_room(lf_lane *lane, size_t len, uint32_t flags, int64_t nanoseconds);
/* Counts a rejection of an event already offered with LF_EMIT_WAIT. */
void lf_lane_give_up(lf_lane *lane, lf_reason reason);
size_t lf_lane_max_record(const lf_lane *lane);

/* ---- reading ---- */

typedef struct lf_record_ref {
  uint64_t seq;
  uint64_t ticks;  /* the lane's clock; see formats.md */
  uint64_t offset; /* of the payload, from the start of the bytes scanned */
  uint32_t len;
  uint32_t kind;
} lf_record_ref;

/* Reads records from bytes[0..n) (a lane's span or a segment block's payload) that belong to the lane with this
 * nonce, the first numbered `seq` (0: any), the following densely; stops at the first that is not valid, at
 * padding, or at `most`. A GAP record (kind 2) has the number of the record that follows it. How many; *used: bytes
 * they take. Pure. */
size_t lf_records_scan(const void *bytes, size_t n, uint64_t nonce, uint64_t seq, lf_record_ref *out, size_t most,
                       size_t *used);
uint32_t lf_crc32c(uint32_t crc, const void *bytes, size_t n); /* start with 0 */
/* The checksum of one record: salted with the nonce, over word, seq, ticks, payload. */
uint32_t lf_record_crc(uint64_t nonce, uint32_t word, uint64_t seq, uint64_t ticks, const void *payload);

#pragma GCC visibility pop

#endif
