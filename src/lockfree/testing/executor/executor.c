/* SPDX-License-Identifier: MIT */
/* executor.c: runs one small program on real threads, many times, and writes down what each step saw.
 *
 * A thread stops where the program holds it. In three repetitions of four it may also stop at one random gap of one
 * random step, and dawdle for random moments at all gaps: a program stands for many schedules.
 *
 * Test machinery, compiled when a test needs it: once for each header under test (the shipped one, or a copy with
 * a fault in it), with -DBINDING='"bind_spsc_ring.h"' or another. No Python runs between start and end.
 *
 *        gate            steps of thread 0          gate
 *   -----> |  begin [ call ] end  begin [ call ] end  | ---> the last to arrive empties the queue and makes
 *          |            steps of thread 1             |      a new one for the next repetition
 *
 * Stamps: begin is taken before the call and end after it. In the fenced repetitions a full fence stands between
 * stamp and call on both sides, so that a stamp is a bound: what a call wrote was visible by its end, and what it
 * read was read after its begin. The other repetitions do without; their stamps only sort. Taking a stamp is time
 * enough for a store buffer to drain, so a run can do without stamps at all.
 */
#define _GNU_SOURCE 1
#include "gaps.h"
#include "program.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

enum { SCRATCH_BYTES = 4096, POISON = 0xEE, STRAY_GAPS = 8, STRAY_UNTIL = 5 };
static const uint64_t TORN = UINT64_MAX;
static const uint64_t HOLD_LONGEST_NS = 2000000; /* the others are not being run: give up, harm nothing */

struct lane {
  _Alignas(128) _Atomic(uint32_t) finished; /* steps of this repetition */
  _Atomic(uint32_t) holding;
  _Alignas(128) const struct run *run;
  struct group *group;
  struct record *record; /* of the step under way */
  uint32_t goal;         /* of the hold under way */
  uint64_t offered;      /* items of this repetition */
  uint64_t random;
  uint32_t index;
  unsigned char scratch[SCRATCH_BYTES];
};

#include BINDING

struct group {
  _Alignas(128) _Atomic(uint32_t) arrived;
  _Alignas(128) _Atomic(uint32_t) generation;
  _Alignas(128) void *memory;
  size_t bytes;
  queue *queue;
  struct lane lanes[THREADS_MOST];
};

static _Thread_local struct lane *lane;

static void breathe(uint32_t turn) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
  if (turn % 64 == 63) sched_yield();
}

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* relaxed throughout, by builtin, so that the gaps stay out of it: these words pace the threads and order nothing */
static uint32_t peek_at(const _Atomic(uint32_t) *word) {
  return __atomic_load_n((const uint32_t *)word, __ATOMIC_RELAXED);
}

static void put_at(_Atomic(uint32_t) *word, uint32_t value) {
  __atomic_store_n((uint32_t *)word, value, __ATOMIC_RELAXED);
}

/* True when the others have made `goal` steps, or none of them will make another while we stay. */
static bool others_reached(const struct lane *me, uint32_t goal) {
  uint32_t steps = 0;
  bool idle = true;
  for (uint32_t i = 0; i < me->run->threads; i++) {
    const struct lane *other = &me->group->lanes[i];
    if (other == me) continue;
    const uint32_t finished = peek_at(&other->finished);
    steps += finished;
    if (finished < me->run->counts[i] && !peek_at(&other->holding)) idle = false;
  }
  return steps >= goal || idle;
}

static void gap_stop(uint32_t place) {
  struct lane *const me = lane;
  const uint32_t goal = me->goal;
  me->record->held_at = place;
  if (others_reached(me, goal)) return;
  put_at(&me->holding, 1);
  const uint64_t start = now();
  for (uint32_t turn = 0; !others_reached(me, goal); turn++) {
    breathe(turn);
    if (turn % 1024 == 1023 && now() - start > HOLD_LONGEST_NS) break;
  }
  put_at(&me->holding, 0);
}

static uint64_t next_random(struct lane *me) {
  uint64_t x = me->random;
  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17;
  return me->random = x;
}

static void gap_jitter(void) {
  const uint64_t x = next_random(lane);
  if (x % 4 != 0) return;
  if (x % 512 == 0) {
    sched_yield();
    return;
  }
  for (uint32_t turn = (uint32_t)(x >> 32) % gaps.jitter; turn != 0; turn--) breathe(0);
}

/* Whoever arrives last has the queue to himself. */
static void turn_over(struct lane *me, uint32_t repetition) {
  struct group *const group = me->group;
  const struct run *const run = me->run;
  if (repetition != 0) queue_empty(group->queue, me, &run->left[repetition - 1]);
  memset(group->memory, POISON, group->bytes);
  group->queue = queue_make(group->memory, group->bytes, run);
  for (uint32_t i = 0; i < run->threads; i++) {
    put_at(&group->lanes[i].finished, 0);
    group->lanes[i].offered = 0;
  }
  if (repetition == run->repetitions) return;
  const struct step push = {.call = PUSH, .n = 1, .size = 8};
  struct record record;
  for (uint32_t i = 0; i < run->filled; i++) {
    queue_step(group->queue, &push, &group->lanes[0], &record);
    run->left[repetition].filled += record.count;
  }
}

static void gate(struct lane *me, uint32_t repetition) {
  struct group *const group = me->group;
  gaps.stop_at = 0;
  gaps.jitter = 0;
  if (__atomic_add_fetch((uint32_t *)&group->arrived, 1, __ATOMIC_ACQ_REL) == me->run->threads) {
    turn_over(me, repetition);
    put_at(&group->arrived, 0);
    __atomic_store_n((uint32_t *)&group->generation, repetition + 1, __ATOMIC_RELEASE);
  } else {
    for (uint32_t turn = 0; __atomic_load_n((uint32_t *)&group->generation, __ATOMIC_ACQUIRE) != repetition + 1; turn++)
      breathe(turn);
  }
}

static void *thread_main(void *argument) {
  struct lane *const me = argument;
  const struct run *const run = me->run;
  const uint32_t count = run->counts[me->index];
  lane = me;
  for (uint32_t repetition = 0; repetition < run->repetitions; repetition++) {
    const bool fenced = repetition >= run->first_fenced;
    struct record *const records = run->records + ((size_t)repetition * THREADS_MOST + me->index) * STEPS_MOST;
    const bool noisy = repetition % 4 != 0;
    const uint64_t dice = next_random(me);
    const uint32_t stray = (uint32_t)(dice >> 48) % (count + count / 2 + 1);
    gate(me, repetition);
    for (uint32_t i = 0; i < count; i++) {
      const struct step *const step = &run->steps[me->index][i];
      const bool astray = noisy && step->hold_gap == 0 && i == stray;
      me->record = &records[i];
      me->goal = astray ? 1 + (uint32_t)(dice >> 32) % STRAY_UNTIL : step->hold_until;
      gaps.passed = 0;
      gaps.stop_at = astray ? 1 + (uint32_t)(dice >> 16) % STRAY_GAPS : step->hold_gap;
      gaps.jitter = noisy ? run->jitter : 0;
      records[i].begin = run->stamped ? now() : i;
      if (fenced) atomic_thread_fence(memory_order_seq_cst); /* see Stamps, above */
      queue_step(me->group->queue, step, me, me->record);
      if (fenced) atomic_thread_fence(memory_order_seq_cst); /* see Stamps, above */
      records[i].end = run->stamped ? now() : i;
      put_at(&me->finished, i + 1);
    }
  }
  gate(me, run->repetitions);
  return NULL;
}

/* 0: done. 1: the program's sizes are out of bounds. 2: no memory or no thread. */
int lockfree_execute(const struct run *run);

int lockfree_execute(const struct run *run) {
  if (run->threads == 0 || run->threads > THREADS_MOST || queue_bytes(run) == 0) return 1;
  for (uint32_t i = 0; i < run->threads; i++)
    if (run->counts[i] > STEPS_MOST) return 1;
  struct group *const group = aligned_alloc(128, (sizeof *group + 127) & ~(size_t)127);
  if (group == NULL) return 2;
  memset(group, 0, sizeof *group);
  group->bytes = (queue_bytes(run) + 127) & ~(size_t)127;
  group->memory = aligned_alloc(128, group->bytes);
  pthread_t threads[THREADS_MOST];
  uint32_t started = 0;
  for (; group->memory != NULL && started < run->threads; started++) {
    struct lane *const me = &group->lanes[started];
    me->run = run;
    me->group = group;
    me->index = started;
    me->random = (run->seed + started + 1) * UINT64_C(0x9E3779B97F4A7C15) | 1;
    if (pthread_create(&threads[started], NULL, thread_main, me) != 0) abort(); /* the gate would wait for ever */
  }
  const int answer = started == run->threads ? 0 : 2;
  while (started-- > 0) pthread_join(threads[started], NULL);
  free(group->memory);
  free(group);
  return answer;
}
