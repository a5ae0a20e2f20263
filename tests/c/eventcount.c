/* eventcount.h: what each call answers, and that no wake-up is lost over many sleeps (a lost one shows as a time-out).
 *
 * ThreadSanitizer knows neither fences nor membarrier. That does no harm here: what is handed over goes through
 * release and acquire on `turn`; the fences decide only whether a sleeper is seen, which the time-out judges. */
#define _GNU_SOURCE /* SIGALRM, pthread_kill */
#include <lockfree/eventcount.h>

#include <signal.h>

#include "check.h"

#define SECOND INT64_C(1000000000)

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * SECOND + t.tv_nsec;
}

static void on_signal(int number) { (void)number; }

static void answers(bool shared) {
  const size_t bytes = lf_eventcount_size();
  unsigned char *memory = aligned_memory(bytes + LF_LINE);
  CHECK(lf_eventcount_init(NULL, bytes, shared) == NULL && lf_eventcount_init(memory, bytes - 1, shared) == NULL);
  CHECK(lf_eventcount_init(memory + 64, bytes, shared) == NULL);
  lf_eventcount *ec = lf_eventcount_init(memory, bytes, shared);
  CHECK(ec != NULL);

  /* A notify between prepare and wait: wait returns at once. */
  uint32_t key = lf_eventcount_prepare(ec);
  lf_eventcount_notify(ec);
  CHECK(lf_eventcount_wait(ec, key, -1) == LF_OK);

  /* One before prepare is not kept for later. */
  lf_eventcount_notify(ec);
  int64_t start = now();
  CHECK(lf_eventcount_wait(ec, lf_eventcount_prepare(ec), 20 * SECOND / 1000) == LF_TIMEOUT);
  CHECK_WITH(now() - start >= 19 * SECOND / 1000, now(), start);
  CHECK(lf_eventcount_wait(ec, lf_eventcount_prepare(ec), 0) == LF_TIMEOUT);

  /* The bit clears itself: the first notify moves the epoch, a second finds nobody. */
  key = lf_eventcount_prepare(ec);
  lf_eventcount_cancel(ec, key);
  lf_eventcount_notify(ec);
  const uint32_t once = atomic_load_explicit(&ec->state, memory_order_relaxed);
  CHECK(once != key && (once & LF_EVENTCOUNT_ASLEEP) == 0);
  lf_eventcount_notify(ec);
  CHECK(atomic_load_explicit(&ec->state, memory_order_relaxed) == once);

  /* The epoch wraps. */
  atomic_store_explicit(&ec->state, UINT32_MAX - 1, memory_order_relaxed);
  key = lf_eventcount_prepare(ec);
  CHECK(key == UINT32_MAX);
  lf_eventcount_notify(ec);
  CHECK(atomic_load_explicit(&ec->state, memory_order_relaxed) == 0 && lf_eventcount_wait(ec, key, -1) == LF_OK);

  /* In shared memory "for ever" comes back to look again; a waker may have died. */
  if (shared) {
    start = now();
    CHECK(lf_eventcount_wait(ec, lf_eventcount_prepare(ec), -1) == LF_TIMEOUT);
    CHECK_WITH(now() - start >= 90 * SECOND / 1000 && now() - start < SECOND, now(), start);
  }

  struct sigaction action = {.sa_handler = on_signal};
  CHECK(sigaction(SIGALRM, &action, NULL) == 0);
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
  const struct itimerspec soon = {.it_value = {0, 20 * SECOND / 1000}};
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 && timer_settime(timer, 0, &soon, NULL) == 0);
  CHECK(lf_eventcount_wait(ec, lf_eventcount_prepare(ec), 10 * SECOND) == LF_INTERRUPTED);
  CHECK(timer_delete(timer) == 0);
  free(memory);
}

/* ---- two threads hand a turn to and fro; each sleeps until it has it ---- */

struct table {
  lf_eventcount *ec[2];
  LF_ALIGNAS(LF_LINE) LF_ATOMIC(uint64_t) turn;
  LF_ALIGNAS(LF_LINE) uint64_t passes;
  uint64_t plain; /* written by whoever has the turn: a race here is seen by ThreadSanitizer */
  uint64_t sleeps[2];
};

static void await_turn(struct table *table, unsigned me, uint64_t turn) {
  while (atomic_load_explicit(&table->turn, memory_order_acquire) != turn) {
    const uint32_t key = lf_eventcount_prepare(table->ec[me]);
    if (atomic_load_explicit(&table->turn, memory_order_acquire) == turn) {
      lf_eventcount_cancel(table->ec[me], key);
      return;
    }
    table->sleeps[me]++;
    /* Shared waits end every 100 ms by themselves: there, only the total time tells. */
    const lf_status status = lf_eventcount_wait(table->ec[me], key, 5 * SECOND);
    CHECK_WITH(status == LF_OK || table->ec[me]->shared, status, turn); /* TIMEOUT: the wake-up was lost */
  }
}

static void play(struct table *table, unsigned me) {
  uint64_t random = me + 1;
  for (uint64_t turn = me; turn < table->passes; turn += 2) {
    await_turn(table, me, turn);
    table->plain++;
    for (uint64_t i = below(&random, 60); i > 0; i--)
      lf_pause(); /* meet the other at every point of its going to sleep */
    atomic_store_explicit(&table->turn, turn + 1, memory_order_release);
    lf_eventcount_notify(table->ec[1 - me]);
  }
}

static void *play_even(void *table) {
  play(table, 0);
  return NULL;
}

static void *play_odd(void *table) {
  play(table, 1);
  return NULL;
}

static void no_wake_up_is_lost(bool shared, uint64_t passes) {
  static struct table table;
  void *memory[2] = {aligned_memory(LF_LINE), aligned_memory(LF_LINE)};
  const int64_t start = now();
  memset(&table, 0, sizeof table);
  table.passes = passes;
  for (int i = 0; i < 2; i++) table.ec[i] = lf_eventcount_init(memory[i], LF_LINE, shared);
  run_both(play_even, play_odd, &table);
  CHECK(table.plain == passes);
  fprintf(stderr, "%s: %llu turns, %llu sleeps, %.1f s\n", shared ? "shared" : "private", (unsigned long long)passes,
          (unsigned long long)(table.sleeps[0] + table.sleeps[1]), (double)(now() - start) / SECOND);
  for (int i = 0; i < 2; i++) free(memory[i]);
}

/* ---- the decision itself, without sleeping: both go at once, and one of them must see the other ---- */

struct meeting {
  lf_eventcount *ec;
  LF_ALIGNAS(LF_LINE) LF_ATOMIC(uint64_t) condition;
  LF_ALIGNAS(LF_LINE) LF_ATOMIC(uint64_t) arrived;
  LF_ALIGNAS(LF_LINE) uint64_t rounds;
  uint64_t missed; /* the sleeper saw no condition in this many rounds: it would have slept */
  uint64_t lost;   /* and in this many of them nobody would have woken it */
};

/* Returns when both are here for the nth time. */
static void meet(struct meeting *meeting, uint64_t nth) {
  unsigned tries = 0;
  atomic_fetch_add_explicit(&meeting->arrived, 1, memory_order_acq_rel);
  while (atomic_load_explicit(&meeting->arrived, memory_order_acquire) < 2 * nth) breathe(&tries);
}

static void *publish_and_look(void *context) {
  struct meeting *meeting = context;
  uint64_t random = 3;
  for (uint64_t round = 1; round <= meeting->rounds; round++) {
    meet(meeting, 2 * round - 1);
    /* Now and then as long as a membarrier takes, so that the other decides first. */
    for (uint64_t i = below(&random, round % 4 == 0 ? 20000 : 400); i > 0; i--) __asm__ __volatile__("" ::: "memory");
    atomic_store_explicit(&meeting->condition, round, memory_order_release);
    lf_eventcount_notify(meeting->ec);
    meet(meeting, 2 * round);
  }
  return NULL;
}

static void *announce_and_look(void *context) {
  struct meeting *meeting = context;
  uint64_t random = 4;
  for (uint64_t round = 1; round <= meeting->rounds; round++) {
    meet(meeting, 2 * round - 1);
    for (uint64_t i = below(&random, 400); i > 0; i--) __asm__ __volatile__("" ::: "memory");
    const uint32_t key = lf_eventcount_prepare(meeting->ec);
    const bool missed = atomic_load_explicit(&meeting->condition, memory_order_acquire) < round;
    meet(meeting, 2 * round);
    const bool unwoken = atomic_load_explicit(&meeting->ec->state, memory_order_relaxed) == key;
    meeting->missed += missed;
    meeting->lost += missed && unwoken;
    lf_eventcount_notify(meeting->ec); /* clears the bit for the next round */
  }
  return NULL;
}

static void one_of_both_sees_the_other(bool shared) {
  static struct meeting meeting;
  void *memory = aligned_memory(LF_LINE);
  memset(&meeting, 0, sizeof meeting);
  meeting.ec = lf_eventcount_init(memory, LF_LINE, shared);
  meeting.rounds = scaled(200000);
  run_both(publish_and_look, announce_and_look, &meeting);
  fprintf(stderr, "%s: %llu meetings, %llu would sleep, %llu lost\n", shared ? "shared" : "private",
          (unsigned long long)meeting.rounds, (unsigned long long)meeting.missed, (unsigned long long)meeting.lost);
  CHECK_WITH(meeting.lost == 0, meeting.lost, meeting.rounds);
  free(memory);
}

/* ---- one notify wakes all who sleep ---- */

enum { SLEEPERS = 4 };

struct bell {
  lf_eventcount *ec;
  LF_ALIGNAS(LF_LINE) LF_ATOMIC(uint64_t) rung;
  LF_ALIGNAS(LF_LINE) LF_ATOMIC(uint64_t) heard;
  uint64_t rounds;
};

static void *listen(void *context) {
  struct bell *bell = context;
  for (uint64_t round = 1; round <= bell->rounds; round++) {
    while (atomic_load_explicit(&bell->rung, memory_order_acquire) < round) {
      const uint32_t key = lf_eventcount_prepare(bell->ec);
      if (atomic_load_explicit(&bell->rung, memory_order_acquire) >= round) break;
      CHECK_WITH(lf_eventcount_wait(bell->ec, key, 5 * SECOND) == LF_OK, round, bell->rounds);
    }
    atomic_fetch_add_explicit(&bell->heard, 1, memory_order_acq_rel);
  }
  return NULL;
}

static void one_notify_wakes_all(void) {
  static struct bell bell;
  void *memory = aligned_memory(LF_LINE);
  pthread_t threads[SLEEPERS];
  unsigned tries = 0;
  bell.ec = lf_eventcount_init(memory, LF_LINE, false);
  bell.rounds = scaled(5000);
  for (int i = 0; i < SLEEPERS; i++) CHECK(pthread_create(&threads[i], NULL, listen, &bell) == 0);
  for (uint64_t round = 1; round <= bell.rounds; round++) {
    atomic_store_explicit(&bell.rung, round, memory_order_release);
    lf_eventcount_notify(bell.ec);
    while (atomic_load_explicit(&bell.heard, memory_order_acquire) < round * SLEEPERS) breathe(&tries);
  }
  for (int i = 0; i < SLEEPERS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
  free(memory);
}

int main(void) {
  fprintf(stderr, "membarrier: private %d, shared %d\n", lf_eventcount_open(false), lf_eventcount_open(true));
  answers(false);
  answers(true);
  one_of_both_sees_the_other(false);
  one_of_both_sees_the_other(true);
  one_notify_wakes_all();
  no_wake_up_is_lost(false, scaled(1000000));
  no_wake_up_is_lost(true, scaled(50000));
  return 0;
}
