/* SPDX-License-Identifier: MIT */
/* core_collector.c: the type _core.Collector: one opened directory, and the per-item path into the thread's lane.
 *
 * Sizes arrive as plain integers and policies as lf_overflow numbers; lockfree.collector.Collector parses what
 * people write. The handle lives until the object is freed, so that no thread can be inside it then. */
#include "core_collector.h"

#include <errno.h>
#include <string.h>

#define SLICE_NS 100000000 /* between two looks for Ctrl-C */

/* ---- open ---- */

static int collector_init(PyObject *object, PyObject *args, PyObject *kwargs) {
  CoreCollector *self = (CoreCollector *)object;
  static char *names[] = {"dir",           "segments",         "memory",   "lane_bytes",
                          "segment_bytes", "flush_ms",         "overflow", "format",
                          "drain",         "block_timeout_ns", NULL};
  PyObject *dir = NULL, *segments = Py_None;
  unsigned long long memory = 0, lane_bytes = 0, segment_bytes = 0;
  unsigned int flush_ms = 0, overflow = 0, format = 0;
  int drain = 1;
  long long block_timeout_ns = -1;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&|$OKKKIIIpL:Collector", names, PyUnicode_FSConverter, &dir,
                                   &segments, &memory, &lane_bytes, &segment_bytes, &flush_ms, &overflow, &format,
                                   &drain, &block_timeout_ns)) {
    return -1;
  }
  int result = -1;
  PyObject *segments_bytes = NULL;
  if (segments != Py_None && !PyUnicode_FSConverter(segments, &segments_bytes)) goto done;
  if (overflow > LF_OVERFLOW_BLOCK || format > LF_FORMAT_NDJSON) {
    PyErr_SetString(PyExc_ValueError, "overflow must be 0..2 and format 0..1");
    goto done;
  }
  if (self->handle != NULL) {
    PyErr_SetString(PyExc_RuntimeError, "this Collector is open already: make another object");
    goto done;
  }
  const lf_collector_options options = {.dir = PyBytes_AS_STRING(dir),
                                        .segments = segments_bytes != NULL ? PyBytes_AS_STRING(segments_bytes) : NULL,
                                        .memory = memory,
                                        .lane_bytes = lane_bytes,
                                        .segment_bytes = segment_bytes,
                                        .flush_ms = flush_ms,
                                        .overflow = overflow,
                                        .format = format,
                                        .drain = (uint32_t)drain};
  char error[512] = "";
  lf_collector *handle = NULL;
  int code;
  Py_BEGIN_ALLOW_THREADS
  code = lf_collector_open(&options, &handle, error, sizeof error);
  Py_END_ALLOW_THREADS
  if (code != 0) {
    PyObject *name = PyUnicode_DecodeFSDefault(options.dir);
    PyObject *reason = name != NULL ? Py_BuildValue("(isN)", code, error[0] != 0 ? error : strerror(code), name) : NULL;
    if (reason != NULL) PyErr_SetObject(PyExc_OSError, reason);
    Py_XDECREF(reason);
    goto done;
  }
  self->block_timeout_ns = block_timeout_ns;
  self->overflow = overflow;
  self->wait_flag = overflow == LF_OVERFLOW_BLOCK ? LF_EMIT_WAIT : 0;
  self->handle = handle;
  result = 0;
done:
  Py_XDECREF(segments_bytes);
  Py_XDECREF(dir);
  return result;
}

static void collector_dealloc(PyObject *object) {
  CoreCollector *self = (CoreCollector *)object;
  PyTypeObject *type = Py_TYPE(object);
  if (self->handle != NULL) {
    Py_BEGIN_ALLOW_THREADS
    /* Closes it first, within some seconds; what does not get out stays in the lanes for the next open. */
    lf_collector_free(self->handle);
    Py_END_ALLOW_THREADS
  }
  type->tp_free(object);
  Py_DECREF(type);
}

static int is_open(CoreCollector *self) {
  if (self->handle != NULL) return 1;
  PyErr_SetString(PyExc_RuntimeError, "this Collector was never opened: its __init__ did not finish");
  return 0;
}

/* ---- emit ---- */

PyDoc_STRVAR(emit_doc,
             "emit($self, payload, *, critical=False)\n--\n\n"
             "Puts one event into the calling thread's lane, with a sequence number and a time stamp.\n\n"
             "payload: bytes, bytearray, memoryview (any contiguous buffer) or str (as UTF-8).\n"
             "critical: it may use the lane's last tenth, which is kept for such events.\n\n"
             "Returns True if accepted; then it survives an exception, exit and kill -9 of this process. False if "
             "not, which is counted by\nreason in stats(). With overflow=\"error\" it raises "
             "CollectorFullError, CollectorClosedError or ValueError (too long) instead. An event\nthat is none of the "
             "types above raises "
             "TypeError under any policy.\n\n"
             "Any thread, any number at once; from a signal handler too. In a forked child it opens lanes of the "
             "child's own. No allocation\nand no system call, unless the thread is new or overflow=\"block\" has to "
             "wait; 20 to 40 ns for 64 bytes.");

/* str and buffers; bytes take the short way in collector_emit. */
static int emit_other(CoreCollector *self, PyObject *payload, uint32_t flags) {
  if (PyUnicode_Check(payload)) {
    Py_ssize_t size;
    const char *text = PyUnicode_AsUTF8AndSize(payload, &size);
    if (text != NULL) return core_emit(self, text, (size_t)size, 0, flags);
    core_emit_unencodable(self);
    return -1;
  }
  Py_buffer buffer;
  if (!PyObject_CheckBuffer(payload)) {
    PyErr_Format(PyExc_TypeError,
                 "emit takes bytes, bytearray, memoryview or str, not %.200s: encode it, or describe it as a "
                 "dataclass and use event()",
                 Py_TYPE(payload)->tp_name);
    core_emit_unencodable(self);
    return -1;
  }
  if (PyObject_GetBuffer(payload, &buffer, PyBUF_SIMPLE) != 0) {
    core_emit_unencodable(self);
    return -1;
  }
  const int accepted = core_emit(self, buffer.buf, (size_t)buffer.len, 0, flags);
  PyBuffer_Release(&buffer);
  return accepted;
}

/* Reads `critical`, the only keyword. 0: done, -1: raised. */
static int emit_keywords(CoreCollector *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
                         uint32_t *flags) {
  const Py_ssize_t keywords = kwnames != NULL ? PyTuple_GET_SIZE(kwnames) : 0;
  if (nargs != 1 || keywords > 1 ||
      (keywords == 1 && PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(kwnames, 0), "critical") != 0)) {
    PyErr_SetString(PyExc_TypeError, "emit takes one payload and the keyword critical=");
    core_emit_unencodable(self);
    return -1;
  }
  if (keywords == 1) {
    const int critical = PyObject_IsTrue(args[1]);
    if (critical < 0) {
      core_emit_unencodable(self);
      return -1;
    }
    if (critical) *flags |= LF_EMIT_CRITICAL;
  }
  return 0;
}

static PyObject *answer(int accepted) {
  if (LF_UNLIKELY(accepted < 0)) return NULL;
  return Py_NewRef(accepted ? Py_True : Py_False);
}

static __attribute__((noinline)) PyObject *emit_any(CoreCollector *self, PyObject *const *args, Py_ssize_t nargs,
                                                    PyObject *kwnames) {
  uint32_t flags = 0;
  if (nargs != 1 || kwnames != NULL) {
    if (emit_keywords(self, args, nargs, kwnames, &flags) != 0) return NULL;
  }
  PyObject *payload = args[0];
  return answer(PyBytes_CheckExact(payload)
                    ? core_emit(self, PyBytes_AS_STRING(payload), (size_t)PyBytes_GET_SIZE(payload), 0, flags)
                    : emit_other(self, payload, flags));
}

/* One bytes object, as nearly always; the rest is kept out, so that this saves few registers. */
static PyObject *collector_emit(PyObject *object, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  CoreCollector *self = (CoreCollector *)object;
  if (LF_UNLIKELY(nargs != 1 || kwnames != NULL || !PyBytes_CheckExact(args[0]))) {
    return emit_any(self, args, nargs, kwnames);
  }
  return answer(core_emit(self, PyBytes_AS_STRING(args[0]), (size_t)PyBytes_GET_SIZE(args[0]), 0, 0));
}

/* ---- everything that is not per item ---- */

static PyObject *disk_trouble(CoreCollector *self) {
  char text[512] = "";
  lf_collector_trouble(self->handle, text, sizeof text);
  PyErr_Format(PyExc_OSError, "the drain cannot write its segments, the events stay in their lanes: %s",
               text[0] != 0 ? text : "no reason is known");
  return NULL;
}

PyDoc_STRVAR(
    flush_doc,
    "flush($self, timeout_ns=-1, /)\n--\n\n"
    "Waits until everything emitted before the call is in the segments. timeout_ns: nanoseconds, negative: "
    "no limit.\nTrue, or False when the time is over. OSError: the disk refuses. CollectorClosedError: after close.");

static PyObject *collector_flush(PyObject *object, PyObject *args) {
  CoreCollector *self = (CoreCollector *)object;
  long long timeout_ns = -1;
  if (!PyArg_ParseTuple(args, "|L:flush", &timeout_ns) || !is_open(self)) return NULL;
  for (;;) {
    const int64_t slice = timeout_ns < 0 || timeout_ns > SLICE_NS ? SLICE_NS : timeout_ns;
    lf_status status;
    Py_BEGIN_ALLOW_THREADS
    status = lf_collector_flush(self->handle, slice);
    Py_END_ALLOW_THREADS
    if (status == LF_OK) Py_RETURN_TRUE;
    if (status == LF_BUSY) return disk_trouble(self);
    if (status == LF_CLOSED) {
      core_raise("CollectorClosedError", "this Collector is closed: there is nothing to flush");
      return NULL;
    }
    if (PyErr_CheckSignals() != 0) return NULL;
    if (timeout_ns >= 0 && (timeout_ns -= slice) <= 0) Py_RETURN_FALSE;
  }
}

PyDoc_STRVAR(close_doc,
             "close($self, timeout_ns=-1, /)\n--\n\n"
             "Takes no more events, drains, finishes the segment, removes the lane files. Idempotent. OSError: "
             "something had to stay in the\nlanes (the next open of the directory adopts it). timeout_ns: "
             "nanoseconds, negative: no limit.");

static PyObject *collector_close(PyObject *object, PyObject *args) {
  CoreCollector *self = (CoreCollector *)object;
  long long timeout_ns = -1;
  if (!PyArg_ParseTuple(args, "|L:close", &timeout_ns)) return NULL;
  if (self->handle == NULL) Py_RETURN_NONE;
  /* relaxed: only chooses the reason that is counted for an event that gets no lane any more */
  atomic_store_explicit(&self->closed, 1u, memory_order_relaxed);
  char error[512] = "";
  int code;
  Py_BEGIN_ALLOW_THREADS
  code = lf_collector_close(self->handle, timeout_ns, error, sizeof error);
  Py_END_ALLOW_THREADS
  if (code == 0) Py_RETURN_NONE;
  PyObject *reason = Py_BuildValue("(is)", code, error[0] != 0 ? error : strerror(code));
  if (reason != NULL) PyErr_SetObject(PyExc_OSError, reason);
  Py_XDECREF(reason);
  return NULL;
}

PyDoc_STRVAR(counters_doc,
             "counters($self)\n--\n\n"
             "(offered, accepted, delivered, pending, torn, lanes, rejected) of this process; rejected: a tuple by "
             "lf_reason. All counts of\nevents but lanes. Any thread; it walks the lanes.");

static PyObject *collector_counters(PyObject *object, PyObject *unused) {
  (void)unused;
  CoreCollector *self = (CoreCollector *)object;
  if (!is_open(self)) return NULL;
  lf_counters sum;
  Py_BEGIN_ALLOW_THREADS
  lf_collector_counters(self->handle, &sum);
  Py_END_ALLOW_THREADS
  PyObject *rejected = PyTuple_New(LF_REASONS);
  if (rejected == NULL) return NULL;
  for (Py_ssize_t i = 0; i < LF_REASONS; i++) {
    PyObject *count = PyLong_FromUnsignedLongLong(sum.rejected[i]);
    if (count == NULL) {
      Py_DECREF(rejected);
      return NULL;
    }
    PyTuple_SET_ITEM(rejected, i, count);
  }
  return Py_BuildValue("(KKKKKKN)", (unsigned long long)sum.offered, (unsigned long long)sum.accepted,
                       (unsigned long long)sum.delivered, (unsigned long long)sum.pending, (unsigned long long)sum.torn,
                       (unsigned long long)sum.lanes, rejected);
}

PyDoc_STRVAR(trouble_doc, "trouble($self)\n--\n\nWhat keeps the drain from writing, or an empty str. Any thread.");

static PyObject *collector_trouble(PyObject *object, PyObject *unused) {
  (void)unused;
  CoreCollector *self = (CoreCollector *)object;
  if (!is_open(self)) return NULL;
  char text[512] = "";
  lf_collector_trouble(self->handle, text, sizeof text);
  return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace");
}

PyDoc_STRVAR(pressure_doc,
             "pressure($self)\n--\n\n"
             "How full the calling thread's lane is, 0.0 .. 1.0. One load: cheap enough for each request.");

static PyObject *collector_pressure(PyObject *object, PyObject *unused) {
  (void)unused;
  CoreCollector *self = (CoreCollector *)object;
  if (!is_open(self)) return NULL;
  return PyFloat_FromDouble(lf_collector_pressure(self->handle));
}

PyDoc_STRVAR(schema_doc,
             "schema($self, text, /)\n--\n\n"
             "The record kind (16 .. 254) of an event shape such as \"click(uid:str,item:int)\"; the same text gives "
             "the same kind.\nOSError EINVAL: the text; ENOSPC: the table is full. Any thread.");

static PyObject *collector_schema(PyObject *object, PyObject *text) {
  CoreCollector *self = (CoreCollector *)object;
  if (!is_open(self)) return NULL;
  const char *utf8 = PyUnicode_AsUTF8(text);
  if (utf8 == NULL) return NULL;
  const int kind = lf_collector_schema(self->handle, utf8);
  if (kind > 0) return PyLong_FromLong(kind);
  PyObject *reason = Py_BuildValue("(is)", -kind,
                                   kind == -ENOSPC ? "this Collector has no room for another event type"
                                                   : "the collector refuses this event's shape");
  if (reason != NULL) PyErr_SetObject(PyExc_OSError, reason);
  Py_XDECREF(reason);
  return NULL;
}

static PyMethodDef emit_method = {"emit", (PyCFunction)(void (*)(void))collector_emit, METH_FASTCALL | METH_KEYWORDS,
                                  emit_doc};

/* The interpreter's short way to a C method wants the descriptor to belong to the object's exact type: each subclass
 * that inherits emit as it stands gets one of its own (measured: 13 ns of 70). */
static PyObject *collector_init_subclass(PyObject *type, PyObject *unused) {
  (void)unused;
  PyObject *found = PyObject_GetAttrString(type, "emit");
  if (found == NULL) return NULL;
  const int inherited = Py_IS_TYPE(found, &PyMethodDescr_Type) &&
                        ((PyMethodDescrObject *)found)->d_method->ml_meth == emit_method.ml_meth;
  Py_DECREF(found);
  if (!inherited) Py_RETURN_NONE;
  PyObject *own = PyDescr_NewMethod((PyTypeObject *)type, &emit_method);
  const int set = own != NULL ? PyObject_SetAttrString(type, "emit", own) : -1;
  Py_XDECREF(own);
  if (set != 0) return NULL;
  Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"__init_subclass__", collector_init_subclass, METH_NOARGS | METH_CLASS, NULL},
    {"emit", (PyCFunction)(void (*)(void))collector_emit, METH_FASTCALL | METH_KEYWORDS, emit_doc},
    {"flush", collector_flush, METH_VARARGS, flush_doc},
    {"close", collector_close, METH_VARARGS, close_doc},
    {"counters", collector_counters, METH_NOARGS, counters_doc},
    {"trouble", collector_trouble, METH_NOARGS, trouble_doc},
    {"pressure", collector_pressure, METH_NOARGS, pressure_doc},
    {"schema", collector_schema, METH_O, schema_doc},
    {NULL, NULL, 0, NULL}};

PyDoc_STRVAR(collector_doc,
             "Collector(dir, *, segments=None, memory=0, lane_bytes=0, segment_bytes=0, flush_ms=0, overflow=0, "
             "format=0, drain=True, block_timeout_ns=-1)\n--\n\n"
             "The low-level collector; lockfree.Collector is built on it. Sizes in bytes (0: the default), overflow "
             "and format as in collector.h.");

static PyType_Slot slots[] = {{Py_tp_doc, (void *)collector_doc},
                              {Py_tp_init, CORE_SLOT(collector_init)},
                              {Py_tp_dealloc, CORE_SLOT(collector_dealloc)},
                              {Py_tp_methods, (void *)methods},
                              {0, NULL}};

static PyType_Spec spec = {.name = "lockfree._core.Collector",
                           .basicsize = sizeof(CoreCollector),
                           .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
                           .slots = slots};

int core_add_collector(PyObject *module) {
  PyObject *type = PyType_FromModuleAndSpec(module, &spec, NULL);
  if (type == NULL) return -1;
  const int added = PyModule_AddType(module, (PyTypeObject *)type);
  Py_DECREF(type);
  if (added != 0) return -1;
  return core_add_event(module) != 0 ? -1 : core_add_records(module);
}
