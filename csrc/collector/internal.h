/* SPDX-License-Identifier: MIT */
/* internal.h: what the collector's files share in memory. Each section names the file that keeps it.
 *
 * Ordering
 *   lanes:publish -> lanes:observe     a lane is complete before it is counted
 *   schema:publish -> schema:observe   an entry is written before it is counted */
#ifndef LOCKFREE_COLLECTOR_INTERNAL_H
#define LOCKFREE_COLLECTOR_INTERNAL_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* syscall, pwritev, getrandom: hidden by a strict -std= */
#endif

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/uio.h>

#include "layout.h"

#define LF_LANES_MOST 4096u
#define LF_SCHEMAS_MOST (LF_KIND_LAST - LF_KIND_SCHEMA + 1)
#define LF_NAME_BYTES 96

/* ---- clock.c ---- */

typedef struct lf_moment {
  uint64_t ticks;
  uint64_t wall; /* ns since 1970, taken together with ticks */
} lf_moment;

typedef struct lf_clock {
  uint32_t kind;
  lf_moment start;
  double rate; /* ticks per nanosecond */
} lf_clock;

void lf_clock_start(lf_clock *clock);
uint64_t lf_clock_ticks(uint32_t kind);
lf_moment lf_clock_now(uint32_t kind);
uint64_t lf_clock_wall(const lf_lane_identity *lane, const lf_moment *now, uint64_t ticks);
int64_t lf_clock_monotonic(void);
/* The monotonic instant `nanoseconds` from now; negative: never. */
int64_t lf_clock_deadline(int64_t nanoseconds);

/* ---- crc32c.c ---- */

typedef enum lf_crc_way { LF_CRC_TABLE = 0, LF_CRC_HARDWARE = 1 } lf_crc_way;
lf_crc_way lf_crc32c_way(void);
uint32_t lf_crc32c_by(lf_crc_way way, uint32_t crc, const void *bytes, size_t n);

/* ---- files.c ---- */

int lf_files_open_dir(const char *path);
int lf_files_make_dirs(const char *path);
int lf_files_allocate(int fd, uint64_t bytes);
int lf_files_read_at(int fd, void *to, size_t n, uint64_t at, size_t *got);
int lf_files_write_at(int fd, const void *from, size_t n, uint64_t at);
uint64_t lf_files_random(void);

/* ---- process.c ---- */

/* The shapes that one process has registered, and in which of our segments each has been written. */
typedef struct lf_schemas {
  uint64_t process;
  LF_ATOMIC(uint32_t) count;
  struct {
    char *text;
    uint32_t len;
    uint64_t announced; /* the drain's: serial of the last segment that has it */
    uint64_t at;        /* and where */
  } entry[LF_SCHEMAS_MOST];
} lf_schemas;

typedef struct lf_process {
  uint64_t id;
  int fd; /* holds the lock */
  lf_process_file *file;
  uint32_t table_used;
  char name[LF_NAME_BYTES];
} lf_process;

int lf_process_open(lf_process *process, int dir, const lf_clock *clock, const lf_schemas *schemas);
void lf_process_shut(lf_process *process);
int lf_process_add_schema(lf_process *process, const char *text, uint32_t len);

/* ---- schema.c ---- */

static inline uint32_t lf_schemas_count(const lf_schemas *schemas) {
  /* [schema:observe] pairs with [schema:publish] */
  return atomic_load_explicit(&schemas->count, memory_order_acquire);
}

bool lf_schema_valid(const char *text);
int lf_schemas_read(lf_schemas *schemas, const lf_process_file *file);
void lf_schemas_free(lf_schemas *schemas);

/* ---- records that are to be written: drain.c and recover.c gather, segment.c and ndjson.c write ---- */

typedef struct lf_source {
  lf_lane_identity identity;
  lf_schemas *schemas;
  uint64_t announced; /* serial of the last segment that has its LANE block */
  uint32_t slot;      /* its footer entry there */
} lf_source;

typedef struct lf_run {
  lf_source *source;
  struct iovec part[2]; /* whole records without padding; the second part: past the buffer's edge */
  uint64_t first;
  uint64_t last;  /* first - 1: only a GAP record */
  uint32_t count; /* of numbered records: GAP records are not */
  uint32_t gaps;
  uint32_t bytes;
  uint64_t min_ticks;
  uint64_t max_ticks;
  uint64_t kinds[4]; /* bit set of the kinds in it */
} lf_run;

/* ---- footer.c ---- */

typedef struct lf_footer {
  lf_footer_entry *entry;
  uint32_t entries;
  uint32_t entries_room;
  lf_footer_event *event;
  uint32_t events;
  uint32_t events_room;
} lf_footer;

/* A new entry at the end, zeroed; NULL: no memory. */
lf_footer_entry *lf_footer_add(lf_footer *footer);
/* The kind's entry, a new one if it has none; its index, or -1: no memory. */
int64_t lf_footer_event_of(lf_footer *footer, uint64_t process, uint32_t kind);
void lf_footer_count(lf_footer_event *event, uint64_t count, uint64_t min_wall, uint64_t max_wall);
/* Writes it at `at`, and the end of the file behind it. */
int lf_footer_write(int fd, uint64_t at, lf_footer *footer);
/* 0; EBADMSG: the file has no whole one; or an errno. */
int lf_footer_read(int fd, lf_footer *footer);
void lf_footer_free(lf_footer *footer);

typedef struct lf_segment {
  int fd;
  uint32_t format;
  uint64_t number; /* of the file that is open, or the next */
  uint64_t serial; /* number + 1 while a file is open; never 0 then */
  uint64_t at;     /* where the next block goes; all before it is whole */
  lf_footer footer;
  char *text; /* ndjson.c: the lines of a run */
  size_t text_room;
  char name[LF_NAME_BYTES];
} lf_segment;

/* ---- lane.c ---- */

struct lf_lane {
  LF_ALIGNAS(LF_LINE) lf_lane_file *file; /* this line: the producer's */
  lf_spsc_bytes *queue;
  uint64_t reserve;     /* bytes that only critical events may take */
  uint64_t plain_until; /* position up to which records go in with nothing to ask */
  uint32_t salt;
  uint32_t clock;
  lf_collector *collector;
  uint64_t mark;     /* fill from which the drain is woken */
  uint64_t check_at; /* position from which the fill is looked at again */
  bool gap_open;     /* something was dropped and is not told in the stream yet */
  lf_gap gap;
  LF_ALIGNAS(LF_LINE) lf_source source; /* the drain's */
  uint64_t expected;
  uint64_t taken;                     /* position up to which the run being written goes */
  LF_ALIGNAS(LF_LINE) uint64_t owner; /* thread token, 0: free; under the collector's lock */
  uint64_t mapped;
  char name[LF_NAME_BYTES];
};

int lf_lane_make(lf_collector *collector, lf_lane **out);
void lf_lane_unmap(lf_lane *lane);

/* ---- emit.c ---- */

/* Chooses the fastest way for this processor and this process's clock. */
void lf_emit_prepare(const lf_clock *clock);
/* Writes what was dropped as a GAP record, if there is any and it fits. Inside an emit, or when nobody can be. */
bool lf_lane_put_gap(lf_lane *lane);

/* ---- collector.c ---- */

struct lf_collector {
  uint64_t id; /* unique in the process; another after fork */
  lf_clock clock;
  lf_process process;
  lf_schemas schemas;
  lf_segment segment;
  uint64_t lane_bytes;
  uint64_t segment_bytes;
  uint32_t flush_ms;
  uint32_t overflow;
  uint32_t drains;
  uint32_t lanes_most;
  uint64_t start_at; /* the position at which lanes begin */
  lf_lane **lane;
  LF_ATOMIC(uint32_t) lanes;
  int64_t lane_retry_at;
  LF_ATOMIC(uint32_t) closing;              /* 1: no more events; 2: closed for good */
  LF_ATOMIC(uint32_t) stale;                /* 1: a forked child that has not opened anything yet */
  LF_ATOMIC(uint64_t) homeless[LF_REASONS]; /* rejected while there was no process file */
  int dir;
  int segments;
  pthread_mutex_t lock; /* lane table, schemas, open and close */

  lf_eventcount *wake; /* the drain sleeps here */
  pthread_t thread;
  bool running;
  pthread_mutex_t drain_lock; /* whoever drains, walks pending records or closes */
  LF_ATOMIC(uint32_t) drain_wanted;
  LF_ATOMIC(uint32_t) hurry; /* flushes and closes that wait */
  LF_ATOMIC(uint32_t) stop;
  LF_ATOMIC(uint32_t) ended;
  LF_ATOMIC(uint64_t) rounds;
  LF_ATOMIC(uint64_t) failures;
  lf_eventcount *drained; /* flush sleeps here */
  lf_run *run;
  lf_lane **run_lane;

  pthread_mutex_t trouble_lock;
  char trouble[256];
  char note[256];
  LF_ATOMIC(uint32_t) troubled;
  char *path;
  lf_collector *next; /* registry.c */
};

int lf_fail(char *error, size_t bytes, int number, const char *format, ...) __attribute__((format(printf, 4, 5)));

/* ---- lanes.c ---- */

static inline uint32_t lf_lanes_count(const lf_collector *collector) {
  /* [lanes:observe] pairs with [lanes:publish] */
  return atomic_load_explicit(&collector->lanes, memory_order_acquire);
}

int lf_lanes_first(lf_collector *collector);

/* The library is loaded late; four slots and a token fit the room that glibc keeps for that. */
#if defined(__GLIBC__)
#define LF_THREAD_LOCAL _Thread_local __attribute__((tls_model("initial-exec")))
#else
#define LF_THREAD_LOCAL _Thread_local
#endif

#define LF_LANES_CACHED 4u

typedef struct lf_lane_cache {
  uint64_t collector;
  lf_lane *lane;
} lf_lane_cache;

extern LF_THREAD_LOCAL lf_lane_cache lf_lanes_cache[LF_LANES_CACHED];

lf_lane *lf_lanes_find(lf_collector *collector) __attribute__((cold, noinline));

/* The calling thread's lane, or NULL. */
static inline lf_lane *lf_lane_mine(lf_collector *collector) {
  const uint64_t id = collector->id;
  const lf_lane_cache *cached = &lf_lanes_cache[id % LF_LANES_CACHED];
  return LF_LIKELY(cached->collector == id) ? cached->lane : lf_lanes_find(collector);
}

/* ---- registry.c: the collectors of this process ---- */

void lf_registry_add(lf_collector *collector);
void lf_registry_remove(lf_collector *collector);
void lf_registry_each(void (*visit)(lf_collector *, void *), void *context);
/* In a forked child: without the lock, which some thread of the parent may have held. */
void lf_registry_forked(void (*visit)(lf_collector *, void *));
uint64_t lf_registry_id(void);

/* ---- lockfile.c ---- */

int lf_lockfile_open(int dir, const char *name, int flags);
void lf_lockfile_close(int fd);
void lf_lockfile_before_fork(void);
void lf_lockfile_after_fork(bool child);

/* ---- fork.c ---- */

void lf_fork_prepare(void);
/* A forked child that has not opened anything of its own yet. */
bool lf_collector_is_stale(lf_collector *collector);
/* What a forked child does before it first uses a collector; under the collector's lock. 0 or errno. */
int lf_collector_revive(lf_collector *collector);

/* ---- drain.c ---- */

int lf_drain_start(lf_collector *collector);
/* False: it did not stop before the deadline. */
bool lf_drain_stop(lf_collector *collector, int64_t deadline);
void lf_drain_wake(lf_collector *collector);
void lf_drain_lock(lf_collector *collector);
void lf_drain_unlock(lf_collector *collector);
/* Nothing is left in the lanes. No emit may be inside one. */
bool lf_drain_is_dry(lf_collector *collector);
/* One round over all lanes. 0 or errno; *bytes: how many were written. Under the drain's lock. */
int lf_drain_round(lf_collector *collector, uint64_t *bytes);
/* Adds [from, from+n) to a run record by record, stopping before padding, nonsense or `most` bytes. Bytes taken. */
size_t lf_run_take(lf_run *run, const void *from, size_t n, uint64_t *expected, size_t most);

/* ---- trouble.c ---- */

void lf_trouble_set(lf_collector *collector, int number, const char *doing);
/* About something found in the directory: the first one stays, behind what keeps the drain from writing. */
void lf_trouble_note(lf_collector *collector, const char *format, ...) __attribute__((format(printf, 2, 3)));
void lf_trouble_clear(lf_collector *collector);

/* ---- segment.c ---- */

/* Writes the runs, all or (after an error) none. 0 or errno. */
int lf_segment_write(lf_collector *collector, lf_run *run, uint32_t runs);
int lf_segment_finish(lf_collector *collector, bool sync);
/* A block with a small payload of our own; *at moves behind it. */
int lf_block_put(int fd, uint64_t *at, lf_block *block, const void *payload, uint32_t len);
/* A whole block header. */
bool lf_block_holds(const lf_block *block);

/* ---- ndjson.c ---- */

int lf_ndjson_write(lf_segment *segment, const lf_run *run, const lf_moment *now, uint64_t *at);

/* ---- recover.c ---- */

/* Adopts what dead processes left. What can't be adopted now stays, and lf_collector_trouble says why.
 * `tries` times 10 ms it waits for another adopter. Only while no drain runs, or under its lock. */
void lf_recover(lf_collector *collector, int tries);

/* ---- ledger.c ---- */

typedef struct lf_account {
  uint64_t lane; /* 0: the process's events without a lane */
  uint64_t process;
  uint64_t offered;
  uint64_t accepted;
  uint64_t delivered;
  uint64_t torn;
  uint64_t corrupt;
  uint64_t rejected[LF_REASONS];
} lf_account;

const char *lf_reason_name(uint32_t reason); /* as it stands in files */
int lf_ledger_append(int dir, const lf_account *account);

#endif
