/* SPDX-License-Identifier: MIT */
/* execution.h: one run of the program under test: threads, the graph they follow and extend, how the run ended.
 *
 * A run first replays: each thread gets from the graph what its operations answered when they were added. Threads
 * that are through with that wait; when all are, the explorer chooses who adds the next event, and what it reads.
 */
#ifndef LFC_EXECUTION_H
#define LFC_EXECUTION_H

#include "coroutine.h"
#include "graph.h"
#include "model.h"

/* What a thread is about to do. */
typedef struct {
  uint64_t address;
  lfc_word value; /* write: what; read of a compare-exchange, lock or await: what is compared */
  const void
      *frame; /* the caller's stack from here on is what the loop's state is; NULL: not in a loop of the user's */
  uint32_t site;
  uint8_t kind, flags, order, failure, size, child;
} lfc_op;

enum lfc_status { LFC_UNUSED, LFC_NEW, LFC_READY, LFC_BLOCKED, LFC_DONE };
enum lfc_wait { LFC_NO_WAIT, LFC_WAIT_SPIN, LFC_WAIT_READ, LFC_WAIT_ASSUME, LFC_WAIT_FROZEN };

enum { LFC_VISITS = 8, LFC_OBSERVED = 32 };

typedef struct {
  uint32_t site, effects;
  uint64_t hash;
  uint8_t index;
} lfc_visit;

typedef struct {
  lfc_coroutine co;
  uint8_t status, wait;
  uint8_t n, done;     /* events in the graph; of them, passed in this run */
  uint8_t released_at; /* how many events it had after the last from which others can learn what it did */
  bool mid_update;     /* its last event is an update's read */
  uint16_t event[LFC_THREAD_EVENTS + 6];
  lfc_clock hb, porf;
  lfc_clock acquired; /* what relaxed reads saw released: an acquire fence takes it */
  lfc_clock released; /* what its last release fence knew */
  lfc_op pending;
  void *(*body)(void *);
  void *argument, *result;
  bool detached, joined;
  uint32_t effects; /* goes up whenever something happens that a later iteration of a loop could be about */
  uint32_t seen_writes;
  lfc_visit visit[LFC_VISITS];
  uint8_t visits, spin_from;
} lfc_thread;

enum lfc_end { LFC_RUNNING, LFC_FINISHED, LFC_DEAD, LFC_CUT, LFC_DEFECT, LFC_RESTART };

typedef struct {
  lfc_thread thread[LFC_THREADS];
  int threads; /* created in this run, main included */
  int current;
  uint16_t replayed;
  uint32_t generation; /* of this run: what carries another is of an earlier one */
  uint32_t writes;     /* events of kind write so far */
  enum lfc_end end;
  bool tracing;
  void *driver;
  uint64_t observed[LFC_OBSERVED];
  int observations;
} lfc_run;

extern lfc_run lfc;
extern lfc_graph lfc_g;

/* How events are chosen, once all of the graph is replayed. */
typedef struct {
  int (*pick)(void);                /* a thread that can go on, or -1 */
  void (*extend)(const lfc_op *op); /* the current thread's operation becomes the graph's last event */
} lfc_explorer;

extern const lfc_explorer *lfc_explorer_now;
extern const lfc_model *lfc_model_now;

typedef struct {
  int events; /* of a thread */
  int loop;   /* visits of a site by a thread; 0: any */
  int spurious;
  int freeze[LFC_THREADS]; /* -1: never */
  bool spin;               /* a loop that only waits is blocked */
  bool frozen;             /* some thread is to be */
} lfc_limits;
extern lfc_limits lfc_limit;

/* Runs the program on the graph lfc_g until no thread can go on; the end is in lfc.end. */
void lfc_execute(void *(*main_body)(void *));

/* For code under test: the current thread's next event. Returns its id. Ends the run where it can't go on. */
uint16_t lfc_step(const lfc_op *op);

/* Ends the run now, from inside a thread of the program. */
_Noreturn void lfc_end_run(enum lfc_end end);

/* The current thread waits: for good in an exhaustive search, else until the explorer makes it ready again. */
void lfc_block(enum lfc_wait why);

/* The current thread has ended. */
_Noreturn void lfc_thread_ends(void);

/* True if the operation that the thread is at may be taken now. */
bool lfc_can_go_on(int thread);

int lfc_new_thread(void *(*body)(void *), void *argument);

/* For explorers: appends the event of an operation, without what it reads or its place in modification order. */
uint16_t lfc_append(const lfc_op *op);

static inline lfc_thread *lfc_self(void) { return &lfc.thread[lfc.current]; }

/* The current thread's time: what it does now is before all that knows more than this many of its events. */
static inline uint8_t lfc_now(void) { return lfc_self()->done; }

bool lfc_inside(void); /* the program under test runs */

#endif
