/* SPDX-License-Identifier: MIT */
/* fork.c: what a forked child must not share with its parent: locks, mappings, lanes, the drain.
 *
 * The mappings stay behind (MADV_DONTFORK), so that nothing the child does can touch the parent's pending events.
 * The child's handles go on working: the first use of one opens a process file, a lane and a drain of its own.
 * The handler runs between fork and the child's first step; it calls only what is async-signal-safe, and finds
 * each structure as some thread may have left it, so it builds anew instead of repairing.
 *
 * Ordering
 *   revive:publish -> revive:observe   whoever sees the collector revived sees its process file */
#include "internal.h"

#include <errno.h>
#include <unistd.h>

/* Stands in for the lanes that stayed behind: an emit finds it occupied and looks closer. */
static lf_lane_file left_behind = {.inside = 1};

static void leave_behind(lf_collector *c, void *context) {
  (void)context;
  /* relaxed: one thread is left */
  const uint32_t lanes = atomic_load_explicit(&c->lanes, memory_order_relaxed);
  for (uint32_t i = 0; i < lanes; i++) {
    c->lane[i]->file = &left_behind;
    c->lane[i]->queue = NULL;
    c->lane[i] = NULL; /* a thread-local handle may still point to it, so it is not freed */
  }
  /* relaxed: one thread is left */
  atomic_store_explicit(&c->lanes, 0u, memory_order_relaxed);
  c->process.file = NULL;
  c->process.fd = -1;
  c->segment.fd = -1;
  c->segment.number = 0;
  c->segment.serial = 0;
  c->segment.at = 0;
  memset(&c->segment.footer, 0, sizeof c->segment.footer); /* the parent's drain may have been growing it */
  c->segment.text = NULL;
  c->segment.text_room = 0;
  for (uint32_t i = 0; i < LF_SCHEMAS_MOST; i++) c->schemas.entry[i].announced = 0;
  pthread_mutex_init(&c->lock, NULL);
  pthread_mutex_init(&c->drain_lock, NULL);
  pthread_mutex_init(&c->trouble_lock, NULL);
  c->running = false;
  c->lane_retry_at = 0;
  c->trouble[0] = c->note[0] = '\0';
  LF_ATOMIC(uint32_t) *const words[] = {&c->drain_wanted, &c->hurry, &c->stop, &c->ended, &c->troubled};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    /* relaxed: one thread is left */
    atomic_store_explicit(words[i], 0u, memory_order_relaxed);
  }
  /* relaxed: one thread is left */
  if (atomic_load_explicit(&c->closing, memory_order_relaxed) != 2) {
    /* relaxed: as above */
    atomic_store_explicit(&c->closing, 0u, memory_order_relaxed);
  }
  c->id = lf_registry_id();
  /* relaxed: as above */
  atomic_store_explicit(&c->stale, 1u, memory_order_relaxed);
}

static void before(void) { lf_lockfile_before_fork(); }

static void in_parent(void) { lf_lockfile_after_fork(false); }

static void in_child(void) {
  lf_lockfile_after_fork(true);
  lf_registry_forked(leave_behind);
}

static void install(void) { (void)pthread_atfork(before, in_parent, in_child); }

void lf_fork_prepare(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, install);
}

bool lf_collector_is_stale(lf_collector *collector) {
  /* [revive:observe] pairs with [revive:publish] */
  return atomic_load_explicit(&collector->stale, memory_order_acquire) != 0;
}

int lf_collector_revive(lf_collector *collector) {
  /* relaxed: closed for good stays so */
  if (!lf_collector_is_stale(collector) || atomic_load_explicit(&collector->closing, memory_order_relaxed) != 0)
    return 0;
  collector->clock.start = lf_clock_now(collector->clock.kind);
  int error = lf_process_open(&collector->process, collector->dir, &collector->clock, &collector->schemas);
  if (error == 0) {
    collector->schemas.process = collector->process.id;
    error = lf_drain_start(collector);
  }
  if (error != 0) {
    if (collector->process.file != NULL) (void)unlinkat(collector->dir, collector->process.name, 0);
    lf_process_shut(&collector->process);
    lf_trouble_set(collector, error, "opening it again after a fork");
    return error;
  }
  /* [revive:publish] pairs with [revive:observe] */
  atomic_store_explicit(&collector->stale, 0u, memory_order_release);
  return 0;
}
