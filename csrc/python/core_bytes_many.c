/* SPDX-License-Identifier: MIT */
/* core_bytes_many.c: SpscBytes of _core, many records a call, and records lent in place. */
#include "core_bytes.h"
#include "core_span.h"

PyObject *core_bytes_push_many(PyObject *object, PyObject *args) {
  core_bytes *self = (core_bytes *)object;
  PyObject *items;
  Py_ssize_t start;
  if (!PyArg_ParseTuple(args, "O!n", &PyList_Type, &items, &start)) return NULL;
  if (core_queue_enter(&self->queue, CORE_PRODUCER) < 0) return NULL;
  Py_ssize_t at = start;
  lf_status status = LF_OK;
  for (; status == LF_OK && at < PyList_GET_SIZE(items); at += status == LF_OK) {
    core_item encoded;
    PyObject *item = Py_NewRef(PyList_GET_ITEM(items, at));
    const int fits = core_bytes_encode(self, item, &encoded);
    if (fits == 0) {
      status = core_bytes_push(self, &encoded);
      core_item_done(&encoded);
    }
    Py_DECREF(item);
    if (fits < 0) return NULL;
  }
  if (status == LF_CLOSED && at == start) return core_queue_raise(&self->queue, LF_CLOSED);
  if (status == LF_FULL) core_count(&self->queue.sides[CORE_PRODUCER].refused, 1);
  return PyLong_FromSsize_t(at - start);
}

PyObject *core_bytes_pop_many(PyObject *object, PyObject *number) {
  core_bytes *self = (core_bytes *)object;
  const Py_ssize_t most = PyLong_AsSsize_t(number);
  if (most == -1 && PyErr_Occurred()) return NULL;
  if (core_queue_enter(&self->queue, CORE_CONSUMER) < 0) return NULL;
  PyObject *items = PyList_New(0);
  int status = LF_OK;
  while (items != NULL && PyList_GET_SIZE(items) < most) {
    PyObject *item;
    status = core_bytes_pop(self, &item);
    if (status != LF_OK) break;
    if (PyList_Append(items, item) < 0) status = CORE_RAISED;
    Py_DECREF(item);
    if (status == CORE_RAISED) break;
  }
  if (items == NULL || status == LF_OK || PyList_GET_SIZE(items) != 0) return items;
  if (status == LF_EMPTY) {
    core_count(&self->queue.sides[CORE_CONSUMER].refused, 1);
    return items;
  }
  Py_DECREF(items);
  return status == CORE_RAISED ? NULL : core_queue_raise(&self->queue, (lf_status)status);
}

/* ---- spans ---- */

PyObject *core_bytes_reserve(PyObject *object, PyObject *number) {
  core_bytes *self = (core_bytes *)object;
  const size_t n = PyLong_AsSize_t(number);
  if (n == (size_t)-1 && PyErr_Occurred()) return NULL;
  if (core_queue_enter(&self->queue, CORE_PRODUCER) < 0) return NULL;
  if (n > self->max_record) return core_bytes_too_big(self, n), NULL;
  void *payload;
  const lf_status status =
      core_queue_stopping(&self->queue) != 0 ? LF_CLOSED : lf_spsc_bytes_reserve(self->bytes, n, &payload);
  if (status == LF_OK) return core_span_new(self->queue.state, object, payload, (Py_ssize_t)n, 1, "B", false);
  if (status != LF_FULL) return core_queue_raise(&self->queue, status);
  core_count(&self->queue.sides[CORE_PRODUCER].refused, 1);
  Py_RETURN_NONE;
}

PyObject *core_bytes_commit(PyObject *object, PyObject *number) {
  core_bytes *self = (core_bytes *)object;
  const size_t n = PyLong_AsSize_t(number);
  if (n == (size_t)-1 && PyErr_Occurred()) return NULL;
  if (core_queue_enter(&self->queue, CORE_PRODUCER) < 0) return NULL;
  if (!core_put_enter(&self->queue)) return core_queue_raise(&self->queue, LF_CLOSED);
  lf_spsc_bytes_commit(self->bytes, n);
  core_count(&self->queue.sides[CORE_PRODUCER].items, 1);
  core_put_leave(&self->queue);
  lf_eventcount_notify(self->queue.not_empty);
  Py_RETURN_NONE;
}

PyObject *core_bytes_peek(PyObject *object, PyObject *unused) {
  (void)unused;
  core_bytes *self = (core_bytes *)object;
  const lf_record *record;
  if (core_queue_enter(&self->queue, CORE_CONSUMER) < 0) return NULL;
  const lf_status status = core_bytes_front(self, &record);
  if (status == LF_OK) {
    return core_span_new(self->queue.state, object, (void *)(uintptr_t)(record + 1),
                         (Py_ssize_t)lf_record_len(record->word), 1, "B", true);
  }
  if (status != LF_EMPTY) return core_queue_raise(&self->queue, status);
  core_count(&self->queue.sides[CORE_CONSUMER].refused, 1);
  Py_RETURN_NONE;
}

PyObject *core_bytes_release(PyObject *object, PyObject *unused) {
  (void)unused;
  core_bytes *self = (core_bytes *)object;
  if (core_queue_enter(&self->queue, CORE_CONSUMER) < 0) return NULL;
  lf_spsc_bytes_release(self->bytes);
  core_count(&self->queue.sides[CORE_CONSUMER].items, 1);
  lf_eventcount_notify(self->queue.not_full);
  Py_RETURN_NONE;
}
