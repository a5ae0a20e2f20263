/* SPDX-License-Identifier: MIT */
/* core_item.c: the less frequent kinds of items, and what is wrong with an item; see core_item.h. */
#include "core_item.h"

#include <limits.h>
#include <math.h>

/* The exception that is set says what CPython says; the type stays and the message says what to do. -1. */
static int explain(const core_kind *kind, PyObject *item) {
  const bool range = PyErr_ExceptionMatches(PyExc_OverflowError);
  if (!range && !PyErr_ExceptionMatches(PyExc_TypeError)) return -1;
  PyErr_Clear();
  if (range) {
    PyErr_Format(PyExc_OverflowError, "%R does not fit an item of dtype %s: make the ring with a wider dtype", item,
                 kind->name);
  } else {
    PyErr_Format(PyExc_TypeError,
                 "an item of dtype %s is a number, not %.100s: make the ring with the dtype of your items", kind->name,
                 Py_TYPE(item)->tp_name);
  }
  return -1;
}

static int out_of_range(const core_kind *kind, PyObject *item) {
  PyErr_SetNone(PyExc_OverflowError);
  return explain(kind, item);
}

static int encode_signed(const core_kind *kind, PyObject *item, core_item *out, long long least, long long most) {
  const long long value = PyLong_AsLongLong(item);
  if (value == -1 && PyErr_Occurred()) return explain(kind, item);
  if (value < least || value > most) return out_of_range(kind, item);
  out->value.q = value; /* little-endian: the low bytes stand first */
  return 0;
}

static int encode_unsigned(const core_kind *kind, PyObject *item, core_item *out, unsigned long long most) {
  PyObject *index = PyNumber_Index(item);
  if (index == NULL) return explain(kind, item);
  const unsigned long long value = PyLong_AsUnsignedLongLong(index);
  Py_DECREF(index);
  if (value == (unsigned long long)-1 && PyErr_Occurred()) return explain(kind, item);
  if (value > most) return out_of_range(kind, item);
  out->value.Q = value;
  return 0;
}

int core_item_encode_small(const core_kind *kind, PyObject *item, core_item *out) {
  int truth;
  switch (kind->code) {
    case 'b': return encode_signed(kind, item, out, SCHAR_MIN, SCHAR_MAX);
    case 'h': return encode_signed(kind, item, out, SHRT_MIN, SHRT_MAX);
    case 'i': return encode_signed(kind, item, out, INT_MIN, INT_MAX);
    case 'B': return encode_unsigned(kind, item, out, UCHAR_MAX);
    case 'H': return encode_unsigned(kind, item, out, USHRT_MAX);
    case 'I': return encode_unsigned(kind, item, out, UINT_MAX);
    case 'Q': return encode_unsigned(kind, item, out, ULLONG_MAX);
    case '?':
      truth = PyObject_IsTrue(item);
      out->value.Q = truth > 0;
      return truth < 0 ? -1 : 0;
    case 'f': {
      const double wide = PyFloat_AsDouble(item);
      if (wide == -1.0 && PyErr_Occurred()) return explain(kind, item);
      out->value.f = (float)wide;
      return isinf(out->value.f) && !isinf(wide) ? out_of_range(kind, item) : 0;
    }
    default: return explain(kind, item); /* q and d: the caller has set what went wrong */
  }
}

static int take_bytes(const core_kind *kind, PyObject *item, core_item *out) {
  if (PyObject_GetBuffer(item, &out->view, PyBUF_SIMPLE) < 0) {
    out->view.obj = NULL;
    if (!PyErr_ExceptionMatches(PyExc_TypeError)) return -1;
    PyErr_Format(PyExc_TypeError, "an item is %zd bytes (bytes, bytearray or a contiguous buffer), not %.100s",
                 kind->size, Py_TYPE(item)->tp_name);
    return -1;
  }
  if (out->view.len == kind->size) {
    out->bytes = out->view.buf;
    return 0;
  }
  PyErr_Format(PyExc_ValueError,
               "an item has %zd bytes, this one %zd: pad it, or use SpscBytes for records of any length", kind->size,
               out->view.len);
  PyBuffer_Release(&out->view);
  return -1;
}

int core_item_encode_other(const core_kind *kind, PyObject *item, core_item *out) {
  if (kind->code == 's') return take_bytes(kind, item, out);
  if (kind->encode == NULL) {
    PyErr_SetString(PyExc_RuntimeError, "this queue was never made: its __init__ did not finish");
    return -1;
  }
  out->made = PyObject_CallOneArg(kind->encode, item);
  if (out->made == NULL) return -1;
  if (take_bytes(kind, out->made, out) == 0) return 0;
  Py_CLEAR(out->made);
  return -1;
}

PyObject *core_item_decode_other(const core_kind *kind, const void *slot) {
  int64_t q = 0;
  float f;
  memcpy(&q, slot, (size_t)kind->size);
  switch (kind->code) {
    case 'b': return PyLong_FromLong((int8_t)q);
    case 'h': return PyLong_FromLong((int16_t)q);
    case 'i': return PyLong_FromLong((int32_t)q);
    case 'B':
    case 'H':
    case 'I':
    case 'Q': return PyLong_FromUnsignedLongLong((uint64_t)q);
    case '?': return PyBool_FromLong(q != 0);
    default: memcpy(&f, slot, sizeof f); return PyFloat_FromDouble((double)f);
  }
}
