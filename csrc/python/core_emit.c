/* SPDX-License-Identifier: MIT */
/* core_emit.c: the slow half of emit: what each overflow policy does about an event that its lane did not take. */
#include <time.h>

#include "core_collector.h"

#define SLICE_NS 100000000 /* between two looks for signals: one may have been handled just before the wait began */

void core_raise(const char *name, const char *format, ...) {
  PyObject *errors = PyImport_ImportModule("lockfree.errors");
  if (errors == NULL) return;
  PyObject *type = PyObject_GetAttrString(errors, name);
  Py_DECREF(errors);
  if (type == NULL) return;
  va_list arguments;
  va_start(arguments, format);
  PyErr_FormatV(type, format, arguments);
  va_end(arguments);
  Py_DECREF(type);
}

void core_emit_unencodable(CoreCollector *self) {
  if (self->handle != NULL) lf_collector_reject(self->handle, LF_REASON_ENCODE);
}

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* 1: this thread runs an event loop, which a wait would stop; -1: raised. */
static int runs_event_loop(void) {
  PyObject *name = PyUnicode_FromString("asyncio.events");
  if (name == NULL) return -1;
  PyObject *events = PyImport_GetModule(name);
  Py_DECREF(name);
  if (events == NULL) return PyErr_Occurred() ? -1 : 0;
  PyObject *loop = PyObject_CallMethod(events, "_get_running_loop", NULL);
  Py_DECREF(events);
  if (loop == NULL) return -1;
  const int runs = loop != Py_None;
  Py_DECREF(loop);
  return runs;
}

/* overflow="block": the lane was full, the event is offered and not yet rejected. */
static int wait_and_emit(CoreCollector *self, lf_lane *lane, const void *payload, size_t len, uint32_t kind,
                         uint32_t flags) {
  const int loop = runs_event_loop();
  if (loop != 0) {
    lf_lane_give_up(lane, LF_REASON_FULL);
    if (loop > 0) {
      core_raise("WrongThreadError",
                 "emit would stop this thread's event loop: the lane is full and overflow is \"block\". Use "
                 "await loop.run_in_executor(None, collector.emit, payload), or overflow=\"drop_new\"");
    }
    return -1;
  }
  const int64_t deadline = self->block_timeout_ns < 0 ? -1 : now_ns() + self->block_timeout_ns;
  for (;;) {
    int64_t left = SLICE_NS;
    if (deadline >= 0 && deadline - now_ns() < left) left = deadline - now_ns();
    if (left <= 0) break;
    lf_status status;
    Py_BEGIN_ALLOW_THREADS
    status = lf_lane_wait_room(lane, len, flags, left);
    Py_END_ALLOW_THREADS
    if (PyErr_CheckSignals() != 0) {
      lf_lane_give_up(lane, LF_REASON_FULL);
      return -1;
    }
    if (status == LF_CLOSED) {
      lf_lane_give_up(lane, LF_REASON_CLOSED);
      return 0;
    }
    if (lf_collector_lane(self->handle) != lane) { /* a signal handler forked, and this is the child */
      return core_emit(self, payload, len, kind, flags);
    }
    status = lf_lane_emit(lane, payload, len, kind, flags | LF_EMIT_RETRY);
    if (status != LF_FULL) return status == LF_OK;
  }
  lf_lane_give_up(lane, LF_REASON_FULL);
  return 0;
}

static void raise_refusal(lf_lane *lane, lf_status status, size_t len) {
  switch (status) {
    case LF_TOO_BIG:
      PyErr_Format(PyExc_ValueError,
                   "an event of %zu bytes is longer than the longest record of a lane, %zu bytes: split it, or open "
                   "the Collector with more lane_bytes",
                   len, lf_lane_max_record(lane));
      return;
    case LF_CLOSED:
      core_raise("CollectorClosedError", "this Collector is closed: open another before emitting");
      return;
    case LF_BUSY: PyErr_SetString(PyExc_RuntimeError, "emit was called from inside an emit of the same thread"); return;
    default:
      if (lane == NULL) {
        core_raise("CollectorFullError", "memory= has no room for a lane for this thread: open with more memory");
        return;
      }
      core_raise("CollectorFullError",
                 "this thread's lane is full: the drain is behind. Retry later, open with more memory=, or choose "
                 "overflow=\"drop_new\" or \"block\"");
  }
}

int core_emit_refused(CoreCollector *self, lf_lane *lane, lf_status status, const void *payload, size_t len,
                      uint32_t kind, uint32_t flags) {
  if (lane == NULL) {
    /* relaxed: close happened before in this thread, or at the same moment and then either answer is right */
    const bool closed = atomic_load_explicit(&self->closed, memory_order_relaxed) != 0;
    if (closed) status = LF_CLOSED;
    lf_collector_reject(self->handle, closed ? LF_REASON_CLOSED : LF_REASON_NO_LANE);
  }
  if (self->overflow == LF_OVERFLOW_ERROR) {
    raise_refusal(lane, status, len);
    return -1;
  }
  if (self->overflow == LF_OVERFLOW_BLOCK && lane != NULL && status == LF_FULL) {
    return wait_and_emit(self, lane, payload, len, kind, flags);
  }
  return 0;
}
