/* SPDX-License-Identifier: MIT */
/* core_span.c: a stretch of a queue's memory, lent as a buffer, that knows whether a view of it is still held.
 *
 * Ordering
 *   view:drop -> view:ask     the last use of a view, perhaps by another thread, before the span is given back
 */
#include "core_span.h"

#include <lockfree/base.h>

typedef struct core_span {
  PyObject_HEAD
  PyObject *owner;
  void *start;
  const char *format;
  Py_ssize_t item_size;
  Py_ssize_t items;
  Py_ssize_t stride;
  bool readonly;
  LF_ATOMIC(uint32_t) exports;
} core_span;

PyObject *core_span_new(core_state *state, PyObject *owner, void *start, Py_ssize_t items, Py_ssize_t item_size,
                        const char *format, bool readonly) {
  core_span *self = (core_span *)state->span_type->tp_alloc(state->span_type, 0);
  if (self == NULL) return NULL;
  self->owner = Py_NewRef(owner);
  self->start = start;
  self->format = format;
  self->item_size = self->stride = item_size;
  self->items = items;
  self->readonly = readonly;
  return (PyObject *)self;
}

static int get_buffer(PyObject *object, Py_buffer *view, int flags) {
  core_span *self = (core_span *)object;
  if (self->readonly && (flags & PyBUF_WRITABLE) == PyBUF_WRITABLE) {
    PyErr_SetString(PyExc_BufferError, "what peek shows is read-only");
    return -1;
  }
  view->buf = self->start;
  view->len = self->items * self->item_size;
  view->itemsize = self->item_size;
  view->readonly = self->readonly;
  view->ndim = 1;
  view->format = (flags & PyBUF_FORMAT) == PyBUF_FORMAT ? (char *)self->format : NULL;
  view->shape = (flags & PyBUF_ND) == PyBUF_ND ? &self->items : NULL;
  view->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? &self->stride : NULL;
  view->suboffsets = NULL;
  view->internal = NULL;
  view->obj = Py_NewRef(object);
  /* relaxed: whoever takes a view has the span or another view of it */
  atomic_fetch_add_explicit(&self->exports, 1, memory_order_relaxed);
  return 0;
}

static void release_buffer(PyObject *object, Py_buffer *view) {
  (void)view;
  /* [view:drop] pairs with [view:ask] */
  atomic_fetch_add_explicit(&((core_span *)object)->exports, (uint32_t)-1, memory_order_release);
}

static PyObject *get_exported(PyObject *object, void *unused) {
  (void)unused;
  /* [view:ask] pairs with [view:drop] */
  return PyBool_FromLong(atomic_load_explicit(&((core_span *)object)->exports, memory_order_acquire) != 0);
}

static PyObject *open_view(PyObject *object, PyObject *unused) {
  (void)unused;
  return PyMemoryView_FromObject(object);
}

static int traverse(PyObject *object, visitproc visit, void *arg) {
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(((core_span *)object)->owner);
  return 0;
}

/* No tp_clear: a view's memory must live as long as the view; a cycle through `owner` is broken at the owner. */
static void dealloc(PyObject *object) {
  PyTypeObject *type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  Py_DECREF(((core_span *)object)->owner);
  type->tp_free(object);
  Py_DECREF(type);
}

static PyMethodDef methods[] = {{"open", open_view, METH_NOARGS, "A memoryview of the span."}, {NULL, NULL, 0, NULL}};

static PyGetSetDef getset[] = {{"exported", get_exported, NULL, "Whether any view of the span is still held.", NULL},
                               {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot slots[] = {{Py_tp_doc, (void *)"A stretch of a queue's memory, lent by reserve or peek."},
                              {Py_tp_dealloc, CORE_SLOT(dealloc)},
                              {Py_tp_traverse, CORE_SLOT(traverse)},
                              {Py_tp_methods, methods},
                              {Py_tp_getset, getset},
                              {Py_bf_getbuffer, CORE_SLOT(get_buffer)},
                              {Py_bf_releasebuffer, CORE_SLOT(release_buffer)},
                              {0, NULL}};

static PyType_Spec spec = {"lockfree._core.Span", sizeof(core_span), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

int core_add_span(PyObject *module) {
  core_state *state = (core_state *)PyModule_GetState(module);
  state->span_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
  return state->span_type == NULL ? -1 : PyModule_AddType(module, state->span_type);
}
