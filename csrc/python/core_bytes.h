/* SPDX-License-Identifier: MIT */
/* core_bytes.h: the object behind SpscBytes of _core, and one record into it and out of it. */
#ifndef LOCKFREE_CORE_BYTES_H
#define LOCKFREE_CORE_BYTES_H

#include "core_item.h"
#include "core_queue.h"

#include <lockfree/spsc_bytes.h>

typedef struct core_bytes {
  core_queue queue; /* first: the shared functions take the object for a core_queue */
  lf_spsc_bytes *bytes;
  size_t max_record;
} core_bytes;

/* Both: -1 with an exception; borrow 0 if the view is held. */
int core_bytes_borrow(PyObject *item, Py_buffer *view);
int core_bytes_too_big(core_bytes *self, size_t size);

/* The oldest record: OK EMPTY CLOSED CORRUPT. */
static inline lf_status core_bytes_front(core_bytes *self, const lf_record **record) {
  if (LF_UNLIKELY(core_queue_stopping(&self->queue) & CORE_DISCARDING)) return LF_CLOSED;
  return lf_spsc_bytes_peek(self->bytes, record);
}

static inline int core_bytes_encode(core_bytes *self, PyObject *item, core_item *out) {
  out->made = NULL;
  out->view.obj = NULL;
  if (LF_LIKELY(PyBytes_CheckExact(item))) {
    out->bytes = PyBytes_AS_STRING(item);
    out->size = (size_t)PyBytes_GET_SIZE(item);
  } else {
    if (core_bytes_borrow(item, &out->view) < 0) return -1;
    out->bytes = out->view.buf;
    out->size = (size_t)out->view.len;
  }
  if (LF_LIKELY(out->size <= self->max_record)) return 0;
  core_item_done(out);
  return core_bytes_too_big(self, out->size);
}

static inline lf_status core_bytes_push(core_bytes *self, const core_item *item) {
  if (LF_UNLIKELY(!core_put_enter(&self->queue))) return LF_CLOSED;
  const lf_status status = lf_spsc_bytes_push(self->bytes, item->bytes, item->size);
  if (LF_LIKELY(status == LF_OK)) core_count(&self->queue.sides[CORE_PRODUCER].items, 1);
  core_put_leave(&self->queue);
  if (LF_LIKELY(status == LF_OK)) lf_eventcount_notify(self->queue.not_empty);
  return status;
}

/* peek and release in one: the header is parsed once. The record leaves only once its object exists. */
static inline int core_bytes_pop(core_bytes *self, PyObject **out) {
  if (LF_UNLIKELY(core_queue_stopping(&self->queue) & CORE_DISCARDING)) return LF_CLOSED;
  /* relaxed: only the consumer writes popped */
  uint64_t at = atomic_load_explicit(&self->bytes->popped, memory_order_relaxed);
  lf_record header;
  const lf_status status = lf_spsc_bytes_next_(self->bytes, &at, &header);
  if (LF_UNLIKELY(status != LF_OK)) return (int)status;
  const char *payload = (const char *)(lf_spsc_bytes_at_(self->bytes, at) + 1);
  *out = PyBytes_FromStringAndSize(payload, (Py_ssize_t)lf_record_len(header.word));
  if (LF_UNLIKELY(*out == NULL)) return CORE_RAISED;
  lf_spsc_bytes_retire_(self->bytes, at + lf_record_bytes(header.word));
  core_count(&self->queue.sides[CORE_CONSUMER].items, 1);
  lf_eventcount_notify(self->queue.not_full);
  return LF_OK;
}

PyObject *core_bytes_push_many(PyObject *object, PyObject *args);
PyObject *core_bytes_pop_many(PyObject *object, PyObject *number);
PyObject *core_bytes_reserve(PyObject *object, PyObject *number);
PyObject *core_bytes_commit(PyObject *object, PyObject *number);
PyObject *core_bytes_peek(PyObject *object, PyObject *unused);
PyObject *core_bytes_release(PyObject *object, PyObject *unused);

#endif
