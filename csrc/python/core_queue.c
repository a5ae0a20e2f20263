/* SPDX-License-Identifier: MIT */
/* core_queue.c: the slow halves of what SpscRing and SpscBytes share; see core_queue.h.
 *
 * Ordering
 *   put:enter <> shutdown:announce     forbids: the put misses the shutdown while the shutdown misses the put
 *   put:leave -> shutdown:outwait      the put's item is in the structure before the structure is closed
 */
#include "core_queue.h"

#include <math.h>
#include <sched.h>
#include <time.h>

/* ---- memory ---- */

int core_queue_allocate(core_queue *self, size_t bytes) {
  const size_t front = 2 * sizeof(lf_eventcount);
  /* Zeroed: a reserved view must not show what the process had there before. */
  self->block = PyMem_RawCalloc(1, front + bytes + LF_LINE - 1);
  if (self->block == NULL) {
    PyErr_Format(PyExc_MemoryError, "no %zu bytes for the queue: ask for a smaller capacity", front + bytes);
    return -1;
  }
  char *start = (char *)(((uintptr_t)self->block + LF_LINE - 1) & ~(uintptr_t)(LF_LINE - 1));
  self->not_empty = lf_eventcount_init(start, sizeof(lf_eventcount), false);
  self->not_full = lf_eventcount_init(start + sizeof(lf_eventcount), sizeof(lf_eventcount), false);
  self->structure = start + front;
  self->structure_bytes = bytes;
  return 0;
}

void core_queue_free(core_queue *self) {
  PyMem_RawFree(self->block);
  self->block = NULL;
}

/* ---- sides ---- */

static int side_of(PyObject *number) {
  const long side = PyLong_AsLong(number);
  if (side == CORE_PRODUCER || side == CORE_CONSUMER) return (int)side;
  if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "a side is 0 (producer) or 1 (consumer)");
  return -1;
}

int core_queue_claim(core_queue *self, int side) {
  PyObject *done = PyObject_CallMethod((PyObject *)self, "_claim", "i", side);
  if (done == NULL) return -1;
  Py_DECREF(done);
  return 0;
}

const char core_queue_own_doc[] =
    "Let the calling thread use the side, without asking; the caller holds _claim's lock.";

PyObject *core_queue_own(PyObject *object, PyObject *number) {
  core_queue *self = (core_queue *)object;
  const int side = side_of(number);
  if (side < 0) return NULL;
  if (self->block == NULL) {
    PyErr_SetString(PyExc_RuntimeError, "this queue was never made: its __init__ did not finish");
    return NULL;
  }
  /* relaxed: the lock of _claim orders what the owner before did */
  atomic_store_explicit(&self->sides[side].owner, core_this_thread(), memory_order_relaxed);
  Py_RETURN_NONE;
}

const char core_queue_disown_doc[] = "Let the next use of the side ask _claim; the caller holds _claim's lock.";

PyObject *core_queue_disown(PyObject *object, PyObject *number) {
  const int side = side_of(number);
  if (side < 0) return NULL;
  /* relaxed: the lock of _claim orders what this owner did */
  atomic_store_explicit(&((core_queue *)object)->sides[side].owner, 0, memory_order_relaxed);
  Py_RETURN_NONE;
}

/* ---- waiting ---- */

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t core_queue_patience(PyObject *block, PyObject *timeout) {
  if (block != NULL && block != Py_True) {
    const int blocks = PyObject_IsTrue(block);
    if (blocks < 0) return CORE_BAD_TIMEOUT;
    if (!blocks) return 0;
  }
  if (timeout == NULL || timeout == Py_None) return CORE_FOR_EVER;
  const double seconds = PyFloat_AsDouble(timeout);
  if (seconds == -1.0 && PyErr_Occurred()) return CORE_BAD_TIMEOUT;
  if (isnan(seconds) || seconds < 0) {
    PyErr_SetString(PyExc_ValueError, "'timeout' must be a non-negative number of seconds, or None to wait for ever");
    return CORE_BAD_TIMEOUT;
  }
  return seconds > 1e9 ? CORE_FOR_EVER : (int64_t)ceil(seconds * 1e9);
}

static int64_t deadline_of(int64_t patience) { return patience < 0 ? -1 : now_ns() + patience; }

/* 1: this thread runs an event loop; 0: none; -1: an exception. */
static int runs_event_loop(void) {
  PyObject *name = PyUnicode_FromString("asyncio.events");
  if (name == NULL) return -1;
  PyObject *events = PyImport_GetModule(name);
  Py_DECREF(name);
  if (events == NULL) return PyErr_Occurred() ? -1 : 0;
  PyObject *loop = PyObject_CallMethod(events, "_get_running_loop", NULL);
  Py_DECREF(events);
  if (loop == NULL) return -1;
  Py_DECREF(loop);
  return loop != Py_None;
}

static int may_sleep(core_queue *self, int side) {
  const int loop = runs_event_loop();
  if (loop <= 0) return loop;
  PyErr_Format(self->state->wrong_thread, "%s would stop this thread's event loop: use %s and await between tries",
               side == CORE_PRODUCER ? "put" : "get", side == CORE_PRODUCER ? "try_put" : "try_get");
  return -1;
}

/* Sleeps until the side may go on: 1 look again, 0 the time is over, -1 an exception. A signal that arrives
 * after the last look and before the system call is handled when the wait ends, as in threading's locks. */
static int sleep_until_ready(core_queue *self, int side, size_t need, int64_t deadline) {
  if (may_sleep(self, side) < 0) return -1;
  lf_eventcount *changed = side == CORE_PRODUCER ? self->not_full : self->not_empty;
  core_count(&self->sides[side].waits, 1);
  for (;;) {
    if (PyErr_CheckSignals() < 0) return -1;
    bool ready;
    bool late = false;
    Py_BEGIN_ALLOW_THREADS;
    const uint32_t key = lf_eventcount_prepare(changed);
    ready = self->ready(self, side, need);
    if (ready) {
      lf_eventcount_cancel(changed, key);
    } else {
      const int64_t left = deadline < 0 ? -1 : deadline - now_ns();
      late = deadline >= 0 && left <= 0;
      if (!late) (void)lf_eventcount_wait(changed, key, left);
      ready = self->ready(self, side, need);
    }
    Py_END_ALLOW_THREADS;
    if (PyErr_CheckSignals() < 0) return -1;
    if (ready) return 1;
    if (late) return 0;
  }
}

int core_queue_put_refused(core_queue *self, const core_item *item, int64_t patience,
                           lf_status (*push)(core_queue *, const core_item *)) {
  core_side *side = &self->sides[CORE_PRODUCER];
  core_count(&side->refused, 1);
  if (self->overflow == CORE_DROP_NEW) {
    core_count(&side->dropped, 1);
    return LF_OK;
  }
  if (self->overflow == CORE_ERROR || patience == 0) return LF_FULL;
  const int64_t deadline = deadline_of(patience);
  for (;;) {
    const int look = sleep_until_ready(self, CORE_PRODUCER, item->size, deadline);
    if (look < 0 || core_queue_enter(self, CORE_PRODUCER) < 0) return CORE_RAISED;
    const lf_status status = push(self, item);
    if (status != LF_FULL || look == 0) return (int)status;
  }
}

int core_queue_get_refused(core_queue *self, PyObject **item, int64_t patience, int (*pop)(core_queue *, PyObject **)) {
  core_count(&self->sides[CORE_CONSUMER].refused, 1);
  if (patience == 0) return LF_EMPTY;
  const int64_t deadline = deadline_of(patience);
  for (;;) {
    const int look = sleep_until_ready(self, CORE_CONSUMER, 1, deadline);
    if (look < 0 || core_queue_enter(self, CORE_CONSUMER) < 0) return CORE_RAISED;
    const int status = pop(self, item);
    if (status != LF_EMPTY || look == 0) return status;
  }
}

const char core_queue_wait_doc[] =
    "_wait(side, need, deadline): sleep until the side may go on; False when time.monotonic() passed the deadline.";

PyObject *core_queue_wait_method(PyObject *object, PyObject *args) {
  PyObject *number;
  PyObject *deadline;
  Py_ssize_t need;
  if (!PyArg_ParseTuple(args, "OnO", &number, &need, &deadline)) return NULL;
  const int side = side_of(number);
  if (side < 0 || core_queue_enter((core_queue *)object, side) < 0) return NULL;
  int64_t limit = -1;
  if (deadline != Py_None) {
    const double seconds = PyFloat_AsDouble(deadline);
    if (seconds == -1.0 && PyErr_Occurred()) return NULL;
    if (seconds < 9e9) limit = (int64_t)ceil(seconds * 1e9);
  }
  const int answer = sleep_until_ready((core_queue *)object, side, (size_t)need, limit);
  return answer < 0 ? NULL : PyBool_FromLong(answer);
}

/* ---- shutting down ---- */

const char core_queue_stop_doc[] = "_stop(immediate): refuse puts, wait out the one in flight, close, wake everybody.";

PyObject *core_queue_stop(PyObject *object, PyObject *immediate) {
  core_queue *self = (core_queue *)object;
  const int discard = PyObject_IsTrue(immediate);
  if (discard < 0) return NULL;
  if (self->block == NULL) Py_RETURN_NONE;
  const uint32_t bits = CORE_STOPPING | (discard ? CORE_DISCARDING : 0u);
  Py_BEGIN_ALLOW_THREADS;
  /* [shutdown:announce] ordered with [put:enter]; forbids: neither sees the other */
  atomic_fetch_or_explicit(&self->stopping, bits, memory_order_relaxed);
  lf_fence_heavy(false);
  /* [shutdown:outwait] pairs with [put:leave] */
  while (atomic_load_explicit(&self->sides[CORE_PRODUCER].busy, memory_order_acquire) != 0) sched_yield();
  self->close(self);
  lf_eventcount_notify(self->not_empty);
  lf_eventcount_notify(self->not_full);
  Py_END_ALLOW_THREADS;
  Py_RETURN_NONE;
}

PyObject *core_queue_count_dropped(PyObject *object, PyObject *number) {
  const unsigned long long n = PyLong_AsUnsignedLongLong(number);
  if (n == (unsigned long long)-1 && PyErr_Occurred()) return NULL;
  if (core_queue_enter((core_queue *)object, CORE_PRODUCER) < 0) return NULL;
  core_count(&((core_queue *)object)->sides[CORE_PRODUCER].dropped, n);
  Py_RETURN_NONE;
}

PyObject *core_queue_is_discarding(PyObject *object, PyObject *unused) {
  (void)unused;
  return PyBool_FromLong((core_queue_stopping((core_queue *)object) & CORE_DISCARDING) != 0);
}

PyObject *core_queue_is_stopped(PyObject *object, void *unused) {
  (void)unused;
  return PyBool_FromLong(core_queue_stopping((core_queue *)object) != 0);
}

/* ---- calling ---- */

const char core_queue_init_subclass_doc[] = "Give the subclass descriptors of its own for the per-item calls.";

/* The interpreter's fast calls want a descriptor made for exactly the object's type: some 15 ns a call. */
int core_queue_adopt(PyObject *type, PyMethodDef *calls) {
  for (PyMethodDef *call = calls; call->ml_name != NULL; call++) {
    PyObject *found = PyObject_GetAttrString(type, call->ml_name);
    if (found == NULL && !PyErr_ExceptionMatches(PyExc_AttributeError)) return -1;
    PyErr_Clear();
    const bool other =
        found != NULL && !(Py_IS_TYPE(found, &PyMethodDescr_Type) && ((PyMethodDescrObject *)found)->d_method == call);
    Py_XDECREF(found);
    if (other) continue; /* the subclass has a method of its own */
    PyObject *descriptor = PyDescr_NewMethod((PyTypeObject *)type, call);
    if (descriptor == NULL) return -1;
    const int set = PyObject_SetAttrString(type, call->ml_name, descriptor);
    Py_DECREF(descriptor);
    if (set < 0) return -1;
  }
  return 0;
}

PyObject *core_queue_raise(core_queue *self, lf_status status) {
  if (status == LF_CORRUPT) {
    PyErr_SetString(PyExc_RuntimeError, "the queue's bytes contradict each other: something else wrote to its memory");
    return NULL;
  }
  PyObject *type = status == LF_FULL    ? self->state->full
                   : status == LF_EMPTY ? self->state->empty
                                        : self->state->shut_down;
  PyErr_SetNone(type != NULL ? type : PyExc_RuntimeError);
  return NULL;
}

int core_queue_arguments(PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, const char *const *names,
                         Py_ssize_t required, Py_ssize_t most, PyObject **out) {
  if (nargs > most) {
    PyErr_Format(PyExc_TypeError, "takes at most %zd arguments (%zd given)", most, nargs);
    return -1;
  }
  for (Py_ssize_t i = 0; i < nargs; i++) out[i] = args[i];
  const Py_ssize_t named = kwnames == NULL ? 0 : PyTuple_GET_SIZE(kwnames);
  for (Py_ssize_t k = 0; k < named; k++) {
    PyObject *name = PyTuple_GET_ITEM(kwnames, k);
    Py_ssize_t at = 0;
    while (at < most && PyUnicode_CompareWithASCIIString(name, names[at]) != 0) at++;
    if (at == most || out[at] != NULL) {
      PyErr_Format(PyExc_TypeError, at == most ? "no argument is named %R" : "argument %R was given twice", name);
      return -1;
    }
    out[at] = args[nargs + k];
  }
  for (Py_ssize_t i = 0; i < required; i++) {
    if (out[i] != NULL) continue;
    PyErr_Format(PyExc_TypeError, "argument '%s' is missing", names[i]);
    return -1;
  }
  return 0;
}

PyObject *core_queue_counters(core_queue *self, uint64_t pushed, uint64_t popped) {
  core_side *producer = &self->sides[CORE_PRODUCER];
  core_side *consumer = &self->sides[CORE_CONSUMER];
  return Py_BuildValue(
      "KKKKKKK", (unsigned long long)pushed, (unsigned long long)popped,
      (unsigned long long)core_look(&producer->refused), (unsigned long long)core_look(&consumer->refused),
      (unsigned long long)core_look(&producer->dropped), (unsigned long long)core_look(&producer->waits),
      (unsigned long long)core_look(&consumer->waits));
}

PyObject *core_queue_get_address(PyObject *object, void *unused) {
  (void)unused;
  return PyLong_FromVoidPtr(((core_queue *)object)->structure);
}

PyObject *core_queue_get_nbytes(PyObject *object, void *unused) {
  (void)unused;
  return PyLong_FromSize_t(((core_queue *)object)->structure_bytes);
}
