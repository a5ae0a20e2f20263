/* SPDX-License-Identifier: MIT */
/* core_ring_many.c: SpscRing of _core, many items a call: copied in and out, and lent in place. */
#include "core_ring.h"
#include "core_span.h"

/* ---- many items ---- */

PyObject *core_ring_push_many(PyObject *object, PyObject *source) {
  core_ring *self = (core_ring *)object;
  Py_buffer view;
  if (core_queue_enter(&self->queue, CORE_PRODUCER) < 0 || PyObject_GetBuffer(source, &view, PyBUF_SIMPLE) < 0)
    return NULL;
  if (!core_put_enter(&self->queue)) {
    PyBuffer_Release(&view);
    return core_queue_raise(&self->queue, LF_CLOSED);
  }
  const size_t offered = (size_t)(view.len / self->kind.size);
  const size_t done = lf_spsc_ring_push_n(self->ring, view.buf, offered);
  core_put_leave(&self->queue);
  PyBuffer_Release(&view);
  if (done != 0) lf_eventcount_notify(self->queue.not_empty);
  if (done < offered) core_count(&self->queue.sides[CORE_PRODUCER].refused, 1);
  return PyLong_FromSize_t(done);
}

PyObject *core_ring_pop_many(PyObject *object, PyObject *target) {
  core_ring *self = (core_ring *)object;
  Py_buffer view;
  const void *slot;
  if (core_queue_enter(&self->queue, CORE_CONSUMER) < 0 || PyObject_GetBuffer(target, &view, PyBUF_WRITABLE) < 0)
    return NULL;
  const lf_status status = core_ring_front(self, &slot);
  size_t done = 0;
  if (status == LF_OK) done = lf_spsc_ring_pop_n(self->ring, view.buf, (size_t)(view.len / self->kind.size));
  PyBuffer_Release(&view);
  if (status != LF_OK && status != LF_EMPTY) return core_queue_raise(&self->queue, status);
  if (done != 0) {
    lf_eventcount_notify(self->queue.not_full);
  } else {
    core_count(&self->queue.sides[CORE_CONSUMER].refused, 1);
  }
  return PyLong_FromSize_t(done);
}

/* ---- spans ---- */

static PyObject *lend(core_ring *self, const void *start, size_t items, bool readonly) {
  const Py_ssize_t elements = (Py_ssize_t)items * (self->kind.size / self->view_item);
  return core_span_new(self->queue.state, (PyObject *)self, (void *)(uintptr_t)start, elements, self->view_item,
                       self->view_format, readonly);
}

PyObject *core_ring_reserve(PyObject *object, PyObject *number) {
  core_ring *self = (core_ring *)object;
  const size_t n = PyLong_AsSize_t(number);
  if (n == (size_t)-1 && PyErr_Occurred()) return NULL;
  if (core_queue_enter(&self->queue, CORE_PRODUCER) < 0) return NULL;
  if (core_queue_stopping(&self->queue) != 0) return core_queue_raise(&self->queue, LF_CLOSED);
  size_t got;
  void *start = lf_spsc_ring_reserve_n(self->ring, n, &got);
  if (start != NULL) return lend(self, start, got, false);
  core_count(&self->queue.sides[CORE_PRODUCER].refused, 1);
  Py_RETURN_NONE;
}

PyObject *core_ring_commit(PyObject *object, PyObject *number) {
  core_ring *self = (core_ring *)object;
  const size_t n = PyLong_AsSize_t(number);
  if (n == (size_t)-1 && PyErr_Occurred()) return NULL;
  if (core_queue_enter(&self->queue, CORE_PRODUCER) < 0) return NULL;
  if (!core_put_enter(&self->queue)) return core_queue_raise(&self->queue, LF_CLOSED);
  lf_spsc_ring_commit_n(self->ring, n);
  core_put_leave(&self->queue);
  lf_eventcount_notify(self->queue.not_empty);
  Py_RETURN_NONE;
}

PyObject *core_ring_peek(PyObject *object, PyObject *number) {
  core_ring *self = (core_ring *)object;
  const size_t n = PyLong_AsSize_t(number);
  if (n == (size_t)-1 && PyErr_Occurred()) return NULL;
  const void *slot;
  if (core_queue_enter(&self->queue, CORE_CONSUMER) < 0) return NULL;
  const lf_status status = core_ring_front(self, &slot);
  if (status == LF_OK) {
    size_t got;
    slot = lf_spsc_ring_peek_n(self->ring, n, &got);
    return lend(self, slot, got, true);
  }
  if (status != LF_EMPTY) return core_queue_raise(&self->queue, status);
  core_count(&self->queue.sides[CORE_CONSUMER].refused, 1);
  Py_RETURN_NONE;
}

PyObject *core_ring_release(PyObject *object, PyObject *number) {
  core_ring *self = (core_ring *)object;
  const size_t n = PyLong_AsSize_t(number);
  if (n == (size_t)-1 && PyErr_Occurred()) return NULL;
  if (core_queue_enter(&self->queue, CORE_CONSUMER) < 0) return NULL;
  lf_spsc_ring_release_n(self->ring, n);
  lf_eventcount_notify(self->queue.not_full);
  Py_RETURN_NONE;
}
