/* SPDX-License-Identifier: MIT */
/* core_ring.c: SpscRing of _core: spsc_ring.h for Python objects, item by item. Sides and waiting: core_queue.h. */
#include "core_ring.h"

#define CORE_SELF core_ring

static inline int encode(core_ring *self, PyObject *item, core_item *out) {
  return core_item_encode(&self->kind, item, out);
}

static inline lf_status push(core_ring *self, const core_item *item) {
  if (LF_UNLIKELY(!core_put_enter(&self->queue))) return LF_CLOSED;
  const lf_status status = lf_spsc_ring_push_sized(self->ring, item->bytes, item->size);
  core_put_leave(&self->queue);
  if (LF_LIKELY(status == LF_OK)) lf_eventcount_notify(self->queue.not_empty);
  return status;
}

/* The item leaves the ring only once its object exists; what decode then makes of it is Python code. */
static inline int pop(core_ring *self, PyObject **out) {
  const void *slot;
  const lf_status status = core_ring_front(self, &slot);
  if (LF_UNLIKELY(status != LF_OK)) return (int)status;
  PyObject *item = core_item_decode(&self->kind, slot);
  if (LF_UNLIKELY(item == NULL)) return CORE_RAISED;
  lf_spsc_ring_release(self->ring);
  lf_eventcount_notify(self->queue.not_full);
  if (LF_UNLIKELY(self->kind.code == 'O')) {
    PyObject *copy = item;
    item = PyObject_CallOneArg(self->kind.decode, copy);
    Py_DECREF(copy);
    if (item == NULL) return CORE_RAISED;
  }
  *out = item;
  return LF_OK;
}

#include "core_calls.h"

static PyObject *qsize(PyObject *object, PyObject *unused) {
  (void)unused;
  core_ring *self = (core_ring *)object;
  if (self->ring == NULL || (core_queue_stopping(&self->queue) & CORE_DISCARDING)) return PyLong_FromLong(0);
  return PyLong_FromSize_t(lf_spsc_ring_count(self->ring));
}

static PyObject *counters(PyObject *object, PyObject *unused) {
  (void)unused;
  core_ring *self = (core_ring *)object;
  if (self->ring == NULL) return core_queue_counters(&self->queue, 0, 0);
  const uint64_t popped = lf_spsc_ring_popped(self->ring);
  return core_queue_counters(&self->queue, lf_spsc_ring_pushed(self->ring), popped);
}

/* ---- the type ---- */

static bool ready(core_queue *queue, int side, size_t need) {
  core_ring *self = (core_ring *)queue;
  (void)need; /* one slot is as much as anybody waits for */
  if (core_queue_stopping(queue) != 0 && (side == CORE_PRODUCER || lf_spsc_ring_is_closed(self->ring))) return true;
  return side == CORE_PRODUCER ? lf_spsc_ring_reserve(self->ring) != NULL : lf_spsc_ring_peek(self->ring) != NULL;
}

static void close_ring(core_queue *queue) { lf_spsc_ring_close(((core_ring *)queue)->ring); }

static int init(PyObject *object, PyObject *args, PyObject *kwargs) {
  core_ring *self = (core_ring *)object;
  Py_ssize_t capacity, size, view_item;
  int code;
  unsigned overflow;
  PyObject *name, *format, *encode_with, *decode_with;
  if (kwargs != NULL && PyDict_GET_SIZE(kwargs) != 0) {
    PyErr_SetString(PyExc_TypeError, "positional arguments only");
    return -1;
  }
  if (!PyArg_ParseTuple(args, "nnCUUnIOO", &capacity, &size, &code, &name, &format, &view_item, &overflow, &encode_with,
                        &decode_with)) {
    return -1;
  }
  if (self->ring != NULL) {
    PyErr_SetString(PyExc_RuntimeError, "this ring is made already: make another one");
    return -1;
  }
  const size_t bytes = capacity > 0 && size > 0 ? lf_spsc_ring_size((size_t)capacity, (size_t)size) : 0;
  if (bytes == 0 || bytes > PY_SSIZE_T_MAX) {
    PyErr_Format(PyExc_ValueError, "%zd items of %zd bytes are more than an address space holds, or none", capacity,
                 size);
    return -1;
  }
  core_state *state = core_state_of(Py_TYPE(object));
  const char *text = PyUnicode_AsUTF8(name);
  const char *format_text = PyUnicode_AsUTF8(format);
  if (state == NULL || text == NULL || format_text == NULL || core_queue_allocate(&self->queue, bytes) < 0) return -1;
  self->queue.state = state;
  self->queue.overflow = overflow;
  self->queue.ready = ready;
  self->queue.close = close_ring;
  self->name = Py_NewRef(name);
  self->format = Py_NewRef(format);
  self->view_format = format_text;
  self->view_item = view_item;
  self->kind.code = (char)code;
  self->kind.size = size;
  self->kind.name = text;
  if (encode_with != Py_None) self->kind.encode = Py_NewRef(encode_with);
  if (decode_with != Py_None) self->kind.decode = Py_NewRef(decode_with);
  self->ring = lf_spsc_ring_init(self->queue.structure, bytes, (size_t)capacity, (size_t)size);
  return 0;
}

static int traverse(PyObject *object, visitproc visit, void *arg) {
  core_ring *self = (core_ring *)object;
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->kind.encode);
  Py_VISIT(self->kind.decode);
  return 0;
}

static int clear(PyObject *object) {
  core_ring *self = (core_ring *)object;
  Py_CLEAR(self->kind.encode);
  Py_CLEAR(self->kind.decode);
  return 0;
}

static void dealloc(PyObject *object) {
  core_ring *self = (core_ring *)object;
  PyTypeObject *type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  (void)clear(object);
  Py_CLEAR(self->name);
  Py_CLEAR(self->format);
  core_queue_free(&self->queue);
  type->tp_free(object);
  Py_DECREF(type);
}

static PyMethodDef methods[] = {
    CORE_QUEUE_METHODS,
    {"__init_subclass__", init_subclass, METH_NOARGS | METH_CLASS, core_queue_init_subclass_doc},
    {"qsize", qsize, METH_NOARGS, "Items inside: exact when nobody else is at work."},
    {"_counters", counters, METH_NOARGS, "(pushed, popped, full, empty, dropped, put waits, get waits)"},
    {"_push_many", core_ring_push_many, METH_O, "_push_many(buffer): whole items of it that went in."},
    {"_pop_many", core_ring_pop_many, METH_O, "_pop_many(buffer): whole items that came out into it."},
    {"_reserve", core_ring_reserve, METH_O, "_reserve(n): a span of up to n free slots, or None."},
    {"_commit", core_ring_commit, METH_O, "_commit(n): publish the first n reserved slots."},
    {"_peek", core_ring_peek, METH_O, "_peek(n): a span of up to n items, or None."},
    {"_release", core_ring_release, METH_O, "_release(n): done with the first n items."},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef getset[] = {CORE_QUEUE_GETSET, {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)"The per-item calls of lockfree.SpscRing; the subclass there has the rest."},
    {Py_tp_init, CORE_SLOT(init)},
    {Py_tp_dealloc, CORE_SLOT(dealloc)},
    {Py_tp_traverse, CORE_SLOT(traverse)},
    {Py_tp_clear, CORE_SLOT(clear)},
    {Py_tp_iter, CORE_SLOT(PyObject_SelfIter)},
    {Py_tp_iternext, CORE_SLOT(iternext)},
    {Py_tp_methods, methods},
    {Py_tp_getset, getset},
    {0, NULL}};

static PyType_Spec spec = {"lockfree._core.SpscRing", sizeof(core_ring), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE, slots};

int core_add_ring(PyObject *module) {
  (void)lf_fence_asymmetric_open(false);
  PyObject *type = PyType_FromModuleAndSpec(module, &spec, NULL);
  if (type == NULL) return -1;
  const int added = core_queue_adopt(type, calls) < 0 ? -1 : PyModule_AddType(module, (PyTypeObject *)type);
  Py_DECREF(type);
  return added;
}
