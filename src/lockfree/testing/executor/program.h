/* SPDX-License-Identifier: MIT */
/* program.h: what the executor is told to do and what it writes down. Mirrored in native.py, field by field.
 *
 *   run -> steps[thread][step]          read only
 *   run -> records[rep][thread][step]   one writer: the thread
 *   run -> left[rep]                    one writer: whoever arrives last at the gate
 */
#ifndef LOCKFREE_EXECUTOR_PROGRAM_H
#define LOCKFREE_EXECUTOR_PROGRAM_H

#include <stdint.h>

enum { THREADS_MOST = 3, STEPS_MOST = 24, ITEMS_MOST = 8, LEFT_MOST = 64 };

/* Calls of a step. The numbers are those of lockfree.testing.program.CALLS. */
enum call { PUSH, PUSH_N, RESERVE, ABORT, POP, POP_N, PEEK, PEEK_KEEP, PEEK_SPAN, CLOSE };

/* Answers are lf_status, and this one: nothing went through, and the call does not say why. */
enum { REFUSED = 16 };

struct step {
  uint32_t call;
  uint32_t n;          /* items asked for */
  uint32_t keep;       /* how many of them to commit or release */
  uint32_t size;       /* payload bytes of a record; queues of bytes only */
  uint32_t hold_gap;   /* stop at this gap of the step (1 is the first); 0: nowhere */
  uint32_t hold_until; /* go on when the others have finished so many steps between them */
};

struct record {
  uint64_t begin; /* ns, CLOCK_MONOTONIC */
  uint64_t end;
  uint32_t answer;
  uint32_t count;   /* items that went in or came out */
  uint32_t held_at; /* GAP_PLACE of the gap where the step was held; 0: it was not */
  uint32_t unused;
  uint64_t items[ITEMS_MOST];
};

struct left {
  uint64_t count;  /* what the queue says, before it is emptied */
  uint64_t taken;  /* what came out when it was emptied */
  uint64_t filled; /* what went in before the start */
  uint64_t items[LEFT_MOST];
};

struct run {
  uint64_t capacity;
  uint64_t start;
  uint64_t seed;
  uint32_t item_words;
  uint32_t strict;
  uint32_t filled; /* items to put in before the start */
  uint32_t threads;
  uint32_t repetitions;
  uint32_t first_fenced; /* repetitions from this one on take their stamps between full fences */
  uint32_t stamped;      /* 0: begin and end are only the step's number */
  uint32_t jitter;       /* longest random delay at a gap, in pauses; 0: none */
  uint32_t counts[THREADS_MOST + 1];
  struct step steps[THREADS_MOST][STEPS_MOST];
  struct record *records;
  struct left *left;
};

#endif
