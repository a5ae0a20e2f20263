/* SPDX-License-Identifier: MIT */
/* core_bytes.c: SpscBytes of _core: spsc_bytes.h for bytes-like objects, record by record. */
#include "core_bytes.h"

#define CORE_SELF core_bytes
#define encode core_bytes_encode
#define push core_bytes_push
#define pop core_bytes_pop
#include "core_calls.h"

int core_bytes_borrow(PyObject *item, Py_buffer *view) {
  if (PyObject_GetBuffer(item, view, PyBUF_SIMPLE) == 0) return 0;
  view->obj = NULL;
  if (PyErr_ExceptionMatches(PyExc_TypeError)) {
    PyErr_Format(PyExc_TypeError, "a record is bytes, bytearray or a contiguous buffer, not %.100s: encode it first",
                 Py_TYPE(item)->tp_name);
  }
  return -1;
}

int core_bytes_too_big(core_bytes *self, size_t size) {
  PyErr_Format(PyExc_ValueError,
               "a record of %zu bytes never fits: the longest here is %zu; make the queue larger (nbytes=) or split it",
               size, self->max_record);
  return -1;
}

static PyObject *qsize(PyObject *object, PyObject *unused) {
  (void)unused;
  core_bytes *self = (core_bytes *)object;
  if (self->bytes == NULL || (core_queue_stopping(&self->queue) & CORE_DISCARDING)) return PyLong_FromLong(0);
  const uint64_t popped = core_look(&self->queue.sides[CORE_CONSUMER].items);
  const uint64_t count = core_look(&self->queue.sides[CORE_PRODUCER].items) - popped;
  return PyLong_FromUnsignedLongLong(count >> 63 ? 0 : count);
}

static PyObject *counters(PyObject *object, PyObject *unused) {
  (void)unused;
  core_queue *queue = (core_queue *)object;
  const uint64_t popped = core_look(&queue->sides[CORE_CONSUMER].items);
  return core_queue_counters(queue, core_look(&queue->sides[CORE_PRODUCER].items), popped);
}

static PyObject *get_used(PyObject *object, void *unused) {
  (void)unused;
  core_bytes *self = (core_bytes *)object;
  return PyLong_FromSize_t(self->bytes == NULL ? 0 : lf_spsc_bytes_used(self->bytes));
}

static PyObject *get_max_record(PyObject *object, void *unused) {
  (void)unused;
  return PyLong_FromSize_t(((core_bytes *)object)->max_record);
}

static PyObject *get_maxsize(PyObject *object, void *unused) {
  (void)unused;
  core_bytes *self = (core_bytes *)object;
  return PyLong_FromSize_t(self->bytes == NULL ? 0 : lf_spsc_bytes_capacity(self->bytes));
}

/* ---- the type ---- */

static bool ready(core_queue *queue, int side, size_t need) {
  core_bytes *self = (core_bytes *)queue;
  const lf_record *record;
  void *payload;
  if (side == CORE_CONSUMER) return core_bytes_front(self, &record) != LF_EMPTY;
  return core_queue_stopping(queue) != 0 || lf_spsc_bytes_reserve(self->bytes, need, &payload) != LF_FULL;
}

static void close_bytes(core_queue *queue) { lf_spsc_bytes_close(((core_bytes *)queue)->bytes); }

static int init(PyObject *object, PyObject *args, PyObject *kwargs) {
  core_bytes *self = (core_bytes *)object;
  Py_ssize_t nbytes;
  unsigned overflow;
  if (kwargs != NULL && PyDict_GET_SIZE(kwargs) != 0) {
    PyErr_SetString(PyExc_TypeError, "positional arguments only");
    return -1;
  }
  if (!PyArg_ParseTuple(args, "nI", &nbytes, &overflow)) return -1;
  if (self->bytes != NULL) {
    PyErr_SetString(PyExc_RuntimeError, "this queue is made already: make another one");
    return -1;
  }
  const size_t bytes = nbytes > 0 ? lf_spsc_bytes_size((size_t)nbytes) : 0;
  if (bytes == 0) {
    PyErr_Format(PyExc_ValueError, "%zd bytes are more than an address space holds, or none", nbytes);
    return -1;
  }
  core_state *state = core_state_of(Py_TYPE(object));
  if (state == NULL || core_queue_allocate(&self->queue, bytes) < 0) return -1;
  self->queue.state = state;
  self->queue.overflow = overflow;
  self->queue.ready = ready;
  self->queue.close = close_bytes;
  self->bytes = lf_spsc_bytes_init(self->queue.structure, bytes, (size_t)nbytes);
  self->max_record = lf_spsc_bytes_max_record(self->bytes);
  return 0;
}

static int traverse(PyObject *object, visitproc visit, void *arg) {
  Py_VISIT(Py_TYPE(object));
  return 0;
}

static void dealloc(PyObject *object) {
  PyTypeObject *type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  core_queue_free((core_queue *)object);
  type->tp_free(object);
  Py_DECREF(type);
}

static PyMethodDef methods[] = {
    CORE_QUEUE_METHODS,
    {"__init_subclass__", init_subclass, METH_NOARGS | METH_CLASS, core_queue_init_subclass_doc},
    {"qsize", qsize, METH_NOARGS, "Records inside, of those that went through this object."},
    {"_counters", counters, METH_NOARGS, "(pushed, popped, full, empty, dropped, put waits, get waits)"},
    {"_push_many", core_bytes_push_many, METH_VARARGS, "_push_many(list, start): how many from there went in."},
    {"_pop_many", core_bytes_pop_many, METH_O, "_pop_many(n): a list of up to n records."},
    {"_reserve", core_bytes_reserve, METH_O, "_reserve(n): a span of n bytes, or None."},
    {"_commit", core_bytes_commit, METH_O, "_commit(n): publish the reserved record with n bytes."},
    {"_peek", core_bytes_peek, METH_O, "_peek(_): a span of the oldest record, or None."},
    {"_release", core_bytes_release, METH_O, "_release(_): done with the oldest record."},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef getset[] = {
    CORE_QUEUE_GETSET,
    {"used", get_used, NULL, "Bytes in use, headers and padding included.", NULL},
    {"max_record", get_max_record, NULL, "The longest record that always fits an empty queue, in bytes.", NULL},
    {"maxsize", get_maxsize, NULL, "The buffer in bytes, headers and padding included.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)"The per-record calls of lockfree.SpscBytes; the subclass there has the rest."},
    {Py_tp_init, CORE_SLOT(init)},
    {Py_tp_dealloc, CORE_SLOT(dealloc)},
    {Py_tp_traverse, CORE_SLOT(traverse)},
    {Py_tp_iter, CORE_SLOT(PyObject_SelfIter)},
    {Py_tp_iternext, CORE_SLOT(iternext)},
    {Py_tp_methods, methods},
    {Py_tp_getset, getset},
    {0, NULL}};

static PyType_Spec spec = {"lockfree._core.SpscBytes", sizeof(core_bytes), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE, slots};

int core_add_bytes(PyObject *module) {
  (void)lf_fence_asymmetric_open(false);
  PyObject *type = PyType_FromModuleAndSpec(module, &spec, NULL);
  if (type == NULL) return -1;
  const int added = core_queue_adopt(type, calls) < 0 ? -1 : PyModule_AddType(module, (PyTypeObject *)type);
  Py_DECREF(type);
  return added;
}
