/* SPDX-License-Identifier: MIT */
/* core_queue.h: what SpscRing and SpscBytes of _core share: sides, waiting, shutting down.
 *
 *   block, one allocation aligned to LF_LINE:  not_empty (eventcount) | not_full (eventcount) | the structure
 *
 * Who may call what at once: one thread a side, named by `owner`; shutdown and the lookers from any thread.
 *
 * Invariants
 *   owner holds the id of the thread state that may use the side, or 0: then the subclass's _claim decides. A
 *   thread finds its own id there only if it was put there by itself or under the lock of _claim.
 *   A put that returned as accepted happened before the structure was closed, so that a consumer takes it.
 *
 * Ordering
 *   put:enter <> shutdown:announce     forbids: the put misses the shutdown while the shutdown misses the put
 *   put:leave -> shutdown:outwait      the put's item is in the structure before the structure is closed
 *
 * Progress: a put or a get is as wait-free as the structure. shutdown waits for one put in flight, which does
 * not itself wait; a thread stopped inside a put stops shutdown, nothing else. */
#ifndef LOCKFREE_CORE_QUEUE_H
#define LOCKFREE_CORE_QUEUE_H

#include "core_item.h"
#include "core_module.h"

#include <lockfree/eventcount.h>

enum { CORE_PRODUCER = 0, CORE_CONSUMER = 1 };
enum { CORE_BLOCK = 0, CORE_ERROR = 1, CORE_DROP_NEW = 2 }; /* overflow */
enum { CORE_RAISED = -1 };                                  /* beside lf_status */
enum { CORE_FOR_EVER = -1, CORE_BAD_TIMEOUT = -2 };         /* beside nanoseconds */
enum { CORE_STOPPING = 1, CORE_DISCARDING = 2 };            /* bits of stopping */

/* One side's own fields; only its owner writes the counters. */
typedef struct core_side {
  char before[LF_LINE]; /* no line in common with the other side, wherever the object starts */
  LF_ATOMIC(uint64_t) owner;
  LF_ATOMIC(uint64_t) items;   /* SpscBytes: records through this object */
  LF_ATOMIC(uint64_t) refused; /* answers FULL or EMPTY */
  LF_ATOMIC(uint64_t) waits;   /* times it went to sleep */
  LF_ATOMIC(uint64_t) dropped;
  LF_ATOMIC(uint32_t) busy;
} core_side;

typedef struct core_queue {
  PyObject_HEAD
  core_state *state;
  void *block; /* NULL: __init__ did not succeed */
  lf_eventcount *not_empty;
  lf_eventcount *not_full;
  void *structure;
  size_t structure_bytes;
  /* Whether `side` may go on: room for `need`, an item, or an end. Without the GIL, on the side's own thread. */
  bool (*ready)(struct core_queue *, int side, size_t need);
  void (*close)(struct core_queue *);
  uint32_t overflow;
  LF_ATOMIC(uint32_t) stopping;
  core_side sides[2];
  char after[LF_LINE];
} core_queue;

/* Allocates the block for a structure of `bytes`. 0 or -1 with MemoryError. */
int core_queue_allocate(core_queue *self, size_t bytes);
/* Lets the subclass decide whether this thread may use the side now. 0 or -1 with an exception. */
int core_queue_claim(core_queue *self, int side);
/* (block, timeout) of put and get: nanoseconds to wait, CORE_FOR_EVER, or CORE_BAD_TIMEOUT with an exception. */
int64_t core_queue_patience(PyObject *block, PyObject *timeout);
/* put after an answer FULL: what the overflow policy says, and perhaps a wait. OK FULL CLOSED CORE_RAISED. */
int core_queue_put_refused(core_queue *self, const core_item *item, int64_t patience,
                           lf_status (*push)(core_queue *, const core_item *));
/* get after an answer EMPTY: perhaps a wait. OK EMPTY CLOSED CORRUPT CORE_RAISED. */
int core_queue_get_refused(core_queue *self, PyObject **item, int64_t patience, int (*pop)(core_queue *, PyObject **));
PyObject *core_queue_raise(core_queue *self, lf_status status); /* Full, Empty or ShutDown */
void core_queue_free(core_queue *self);
/* (pushed, popped, full, empty, dropped, put waits, get waits) */
PyObject *core_queue_counters(core_queue *self, uint64_t pushed, uint64_t popped);

/* Positional or keyword arguments put(item, block, timeout) and get(block, timeout). 0 or -1. */
int core_queue_arguments(PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, const char *const *names,
                         Py_ssize_t required, Py_ssize_t most, PyObject **out);

/* Puts descriptors of its own into a type for those of `calls` that it hasn't overridden. 0 or -1. */
int core_queue_adopt(PyObject *type, PyMethodDef *calls);
extern const char core_queue_init_subclass_doc[];

/* Methods that both types have. */
PyObject *core_queue_own(PyObject *self, PyObject *side);
PyObject *core_queue_disown(PyObject *self, PyObject *side);
PyObject *core_queue_stop(PyObject *self, PyObject *immediate);
PyObject *core_queue_wait_method(PyObject *self, PyObject *args);
PyObject *core_queue_count_dropped(PyObject *self, PyObject *number);
PyObject *core_queue_is_discarding(PyObject *self, PyObject *unused);
PyObject *core_queue_is_stopped(PyObject *self, void *unused);
PyObject *core_queue_get_address(PyObject *self, void *unused);
PyObject *core_queue_get_nbytes(PyObject *self, void *unused);
extern const char core_queue_own_doc[], core_queue_disown_doc[], core_queue_stop_doc[], core_queue_wait_doc[];

#define CORE_QUEUE_METHODS                                                                                             \
  {"_own", core_queue_own, METH_O, core_queue_own_doc}, {"_disown", core_queue_disown, METH_O, core_queue_disown_doc}, \
      {"_stop", core_queue_stop, METH_O, core_queue_stop_doc},                                                         \
      {"_wait", core_queue_wait_method, METH_VARARGS, core_queue_wait_doc},                                            \
      {"_count_dropped", core_queue_count_dropped, METH_O, "_count_dropped(n): for stats."}, {                         \
    "_is_discarding", core_queue_is_discarding, METH_NOARGS, "Whether shutdown(immediate=True) was called."            \
  }

#define CORE_QUEUE_GETSET                                                                                 \
  {"address", core_queue_get_address, NULL, "Address of the structure, for lib.lf_spsc_*_attach.", NULL}, \
      {"nbytes", core_queue_get_nbytes, NULL, "Bytes of the structure at address.", NULL}, {              \
    "is_shutdown", core_queue_is_stopped, NULL, "Whether shutdown() was called.", NULL                    \
  }

static inline uint64_t core_this_thread(void) { return PyThreadState_Get()->id; }

/* 0 if this thread may use the side, else -1 with an exception. */
static inline int core_queue_enter(core_queue *self, int side) {
  /* relaxed: equal only to what this thread stored, or was handed under _claim's lock */
  const uint64_t owner = atomic_load_explicit(&self->sides[side].owner, memory_order_relaxed);
  if (LF_LIKELY(owner == core_this_thread())) return 0;
  return core_queue_claim(self, side);
}

/* Adds to a counter that only this thread writes. */
static inline void core_count(LF_ATOMIC(uint64_t) * counter, uint64_t n) {
  /* relaxed: a statistic with a single writer */
  const uint64_t before = atomic_load_explicit(counter, memory_order_relaxed);
  /* relaxed: a statistic with a single writer */
  atomic_store_explicit(counter, before + n, memory_order_relaxed);
}

static inline uint64_t core_look(LF_ATOMIC(uint64_t) * counter) {
  /* relaxed: a statistic; nothing is read on the strength of it */
  return atomic_load_explicit(counter, memory_order_relaxed);
}

static inline uint32_t core_queue_stopping(core_queue *self) {
  /* relaxed: a put relies on the fences around it, all else only ends sooner or later */
  return atomic_load_explicit(&self->stopping, memory_order_relaxed);
}

/* Around each step that publishes. False: shut down, and there is no step to leave. */
static inline bool core_put_enter(core_queue *self) {
  core_side *side = &self->sides[CORE_PRODUCER];
  /* [put:enter] ordered with [shutdown:announce]; forbids: neither sees the other */
  atomic_store_explicit(&side->busy, 1u, memory_order_relaxed);
  lf_fence_light(false);
  if (LF_LIKELY(core_queue_stopping(self) == 0)) return true;
  /* [put:leave] pairs with [shutdown:outwait] */
  atomic_store_explicit(&side->busy, 0u, memory_order_release);
  return false;
}

static inline void core_put_leave(core_queue *self) {
  /* [put:leave] pairs with [shutdown:outwait] */
  atomic_store_explicit(&self->sides[CORE_PRODUCER].busy, 0u, memory_order_release);
}

#endif
