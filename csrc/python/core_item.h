/* SPDX-License-Identifier: MIT */
/* core_item.h: one item of a ring between Python and its slot. */
#ifndef LOCKFREE_CORE_ITEM_H
#define LOCKFREE_CORE_ITEM_H

#include "core_module.h"

#include <lockfree/base.h>

/* How a ring's items look. `code` is the struct module's letter for b B h H i I q Q f d ?, 's' for bytes of one
 * length, 'O' for anything that `encode` turns into such bytes and `decode` back. */
typedef struct core_kind {
  char code;
  Py_ssize_t size;
  PyObject *encode;
  PyObject *decode;
  const char *name; /* for messages */
} core_kind;

typedef struct core_item {
  const void *bytes; /* `size` of them, until core_item_done */
  size_t size;
  union {
    int64_t q;
    uint64_t Q;
    double d;
    float f;
  } value;
  PyObject *made;
  Py_buffer view;
} core_item;

/* 0, or -1 with an exception; `item` must live as long as *out. */
int core_item_encode_other(const core_kind *kind, PyObject *item, core_item *out);
int core_item_encode_small(const core_kind *kind, PyObject *item, core_item *out);
PyObject *core_item_decode_other(const core_kind *kind, const void *slot);

static inline void core_item_done(core_item *item) {
  if (LF_UNLIKELY(item->made != NULL)) Py_CLEAR(item->made);
  if (LF_UNLIKELY(item->view.obj != NULL)) PyBuffer_Release(&item->view);
}

static inline int core_item_encode(const core_kind *kind, PyObject *item, core_item *out) {
  out->made = NULL;
  out->view.obj = NULL;
  out->bytes = &out->value;
  out->size = (size_t)kind->size;
  switch (kind->code) {
    case 'q':
      out->value.q = PyLong_AsLongLong(item);
      if (LF_LIKELY(out->value.q != -1 || !PyErr_Occurred())) return 0;
      return core_item_encode_small(kind, item, out);
    case 'd':
      out->value.d = PyFloat_CheckExact(item) ? PyFloat_AS_DOUBLE(item) : PyFloat_AsDouble(item);
      if (LF_LIKELY(out->value.d != -1.0 || !PyErr_Occurred())) return 0;
      return core_item_encode_small(kind, item, out);
    case 's':
      if (LF_UNLIKELY(!PyBytes_CheckExact(item) || PyBytes_GET_SIZE(item) != kind->size)) break;
      out->bytes = PyBytes_AS_STRING(item);
      return 0;
    case 'O': break;
    default: return core_item_encode_small(kind, item, out);
  }
  return core_item_encode_other(kind, item, out);
}

/* The object that a slot holds; not for 'O', whose bytes are wanted first: decode is Python code. */
static inline PyObject *core_item_decode(const core_kind *kind, const void *slot) {
  int64_t q;
  double d;
  switch (kind->code) {
    case 'q': memcpy(&q, slot, sizeof q); return PyLong_FromLongLong(q);
    case 'd': memcpy(&d, slot, sizeof d); return PyFloat_FromDouble(d);
    case 's':
    case 'O': return PyBytes_FromStringAndSize((const char *)slot, kind->size);
    default: return core_item_decode_other(kind, slot);
  }
}

#endif
