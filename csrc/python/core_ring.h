/* SPDX-License-Identifier: MIT */
/* core_ring.h: the object behind SpscRing of _core, and its oldest item. */
#ifndef LOCKFREE_CORE_RING_H
#define LOCKFREE_CORE_RING_H

#include "core_item.h"
#include "core_queue.h"

#include <lockfree/spsc_ring.h>

typedef struct core_ring {
  core_queue queue; /* first: the shared functions take the object for a core_queue */
  lf_spsc_ring *ring;
  core_kind kind;
  PyObject *name;
  PyObject *format;
  const char *view_format; /* of views: format as UTF-8 */
  Py_ssize_t view_item;    /* bytes of one element of a view: the item's, or 1 for items of plain bytes */
} core_ring;

/* The oldest slot: OK EMPTY CLOSED. */
static inline lf_status core_ring_front(core_ring *self, const void **slot) {
  if (LF_UNLIKELY(core_queue_stopping(&self->queue) & CORE_DISCARDING)) return LF_CLOSED;
  *slot = lf_spsc_ring_peek(self->ring);
  if (LF_LIKELY(*slot != NULL)) return LF_OK;
  if (!lf_spsc_ring_is_closed(self->ring)) return LF_EMPTY;
  lf_fence_acquire(); /* what was put before the close is seen after it: spsc_ring.h, close:announce */
  *slot = lf_spsc_ring_peek(self->ring);
  return *slot != NULL ? LF_OK : LF_CLOSED;
}

PyObject *core_ring_push_many(PyObject *object, PyObject *source);
PyObject *core_ring_pop_many(PyObject *object, PyObject *target);
PyObject *core_ring_reserve(PyObject *object, PyObject *number);
PyObject *core_ring_commit(PyObject *object, PyObject *number);
PyObject *core_ring_peek(PyObject *object, PyObject *number);
PyObject *core_ring_release(PyObject *object, PyObject *number);

#endif
