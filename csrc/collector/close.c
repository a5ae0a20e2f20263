/* SPDX-License-Identifier: MIT */
/* close.c: no more events; drains what is there, finishes the segment, folds the ledger, removes the files.
 *
 * Ordering
 *   close:announce <> emit:enter     forbids: close sees nobody inside while an emit sees the lane open
 *   emit:leave -> close:quiet        what an emit published is seen when close sees it leave
 *   emit:number -> audit:accepted    next_seq never counts a record that is not committed
 *   wait:settle -> audit:settled     a waiter's rejection is counted before it is said not to wait */
#include "internal.h"

#include <errno.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

static void rest(int64_t nanoseconds) {
  const struct timespec t = {0, (long)nanoseconds};
  nanosleep(&t, NULL);
}

/* No emit is inside a lane any more, and none will enter. */
static bool quiet(lf_collector *c, int64_t deadline) {
  const uint32_t lanes = lf_lanes_count(c);
  for (uint32_t i = 0; i < lanes; i++) lf_spsc_bytes_close(c->lane[i]->queue);
  lf_fence_heavy(false);
  for (uint32_t i = 0; i < lanes; i++) {
    lf_eventcount_notify(&c->lane[i]->file->room);
    /* [close:announce] ordered with [emit:enter]; forbids: nobody inside for close, open for emit */
    /* [close:quiet] pairs with [emit:leave] */
    while (atomic_load_explicit(&c->lane[i]->file->inside, memory_order_acquire) != 0) {
      if (lf_clock_monotonic() > deadline) return false;
      rest(100000);
    }
  }
  return true;
}

static int drain_dry(lf_collector *c, int64_t deadline) {
  for (;;) {
    uint64_t bytes;
    lf_drain_lock(c);
    const int error = lf_drain_round(c, &bytes);
    lf_drain_unlock(c);
    if (error == 0 && bytes == 0) return lf_drain_is_dry(c) ? 0 : EBADMSG;
    if (error == 0) continue;
    lf_trouble_set(c, error, "writing a segment");
    if (lf_clock_monotonic() > deadline) return error;
    rest(20000000);
  }
}

/* What was dropped last, and has no event behind it. */
static bool tell_gaps(lf_collector *c) {
  bool told = false;
  const uint32_t lanes = lf_lanes_count(c);
  for (uint32_t i = 0; i < lanes; i++) told |= lf_lane_put_gap(c->lane[i]);
  return told;
}

static void account_lane(const lf_lane *lane, lf_account *account) {
  lf_lane_file *file = lane->file;
  memset(account, 0, sizeof *account);
  account->lane = file->identity.lane;
  account->process = file->identity.process;
  /* relaxed: nobody is inside any more */
  account->offered = atomic_load_explicit(&file->offered, memory_order_relaxed);
  /* [audit:accepted] pairs with [emit:number] */
  account->accepted = atomic_load_explicit(&file->next_seq, memory_order_acquire) - 1;
  /* relaxed: only the drain writes it, and it has ended */
  account->delivered = atomic_load_explicit(&file->delivered, memory_order_relaxed);
  /* [audit:settled] pairs with [wait:settle] */
  const uint32_t waiting = atomic_load_explicit(&file->waiting, memory_order_acquire);
  uint64_t open = account->offered - account->accepted;
  for (int i = 0; i < LF_REASONS; i++) {
    /* relaxed: nobody is inside any more; a waiter that settled before is seen whole */
    account->rejected[i] = atomic_load_explicit(&file->rejected[i], memory_order_relaxed);
    open -= account->rejected[i];
  }
  /* Whoever still waits for room will find the lane closed, and may come to say so only after this account. */
  if (open <= waiting) account->rejected[LF_REASON_CLOSED] += open;
}

static int fold(lf_collector *c) {
  lf_account account;
  const uint32_t lanes = lf_lanes_count(c);
  for (uint32_t i = 0; i < lanes; i++) {
    account_lane(c->lane[i], &account);
    const int error = account.offered != 0 ? lf_ledger_append(c->dir, &account) : 0;
    if (error != 0) return error;
    (void)unlinkat(c->dir, c->lane[i]->name, 0);
  }
  memset(&account, 0, sizeof account);
  account.process = c->process.id;
  for (int i = 0; i < LF_REASONS; i++) {
    /* relaxed: late rejections stay in memory only; the line must agree with itself */
    account.rejected[i] = atomic_load_explicit(&c->process.file->rejected[i], memory_order_relaxed);
    account.offered += account.rejected[i];
  }
  const int error = account.offered != 0 ? lf_ledger_append(c->dir, &account) : 0;
  if (error == 0) (void)unlinkat(c->dir, c->process.name, 0);
  return error;
}

static int shut(lf_collector *c, int64_t deadline, char *error, size_t bytes) {
  /* relaxed: the lanes' own closed words are what emits look at */
  atomic_store_explicit(&c->closing, 1u, memory_order_relaxed);
  /* A thread inside an emit may still finish it: the lock stays, so that nobody adopts under its hands. */
  if (!quiet(c, deadline))
    return lf_fail(error, bytes, ETIMEDOUT, "a thread did not leave its emit in time; the events stay in %s", c->path);
  if (!lf_drain_stop(c, deadline))
    return lf_fail(error, bytes, ETIMEDOUT, "the drain thread is stuck in a write; the events stay in %s", c->path);
  int failed = drain_dry(c, deadline);
  if (failed == 0 && tell_gaps(c)) failed = drain_dry(c, deadline);
  if (failed == 0) lf_recover(c, 0); /* children and neighbours that died meanwhile: this may be the last open */
  if (failed == 0) failed = lf_segment_finish(c, true);
  if (failed == 0) failed = fold(c);
  /* relaxed: under the lock */
  atomic_store_explicit(&c->closing, 2u, memory_order_relaxed);
  (void)flock(c->process.fd, LOCK_UN); /* the mapping would hold it on */
  lf_lockfile_close(c->process.fd);
  c->process.fd = -1;
  if (failed == 0) return 0;
  return lf_fail(error, bytes, failed, "not everything could be written; the rest stays in %s for the next open",
                 c->path);
}

int lf_collector_close(lf_collector *c, int64_t nanoseconds, char *error, size_t error_bytes) {
  if (error_bytes != 0) *error = '\0';
  pthread_mutex_lock(&c->lock);
  /* relaxed: under the lock */
  const bool done = atomic_load_explicit(&c->closing, memory_order_relaxed) == 2;
  /* A forked child that has opened nothing has nothing to shut. */
  const bool nothing = !done && lf_collector_is_stale(c);
  if (nothing) {
    /* relaxed: under the lock */
    atomic_store_explicit(&c->closing, 2u, memory_order_relaxed);
  }
  const int failed = done || nothing ? 0 : shut(c, lf_clock_deadline(nanoseconds), error, error_bytes);
  pthread_mutex_unlock(&c->lock);
  return failed;
}
