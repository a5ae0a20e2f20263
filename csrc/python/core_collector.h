/* SPDX-License-Identifier: MIT */
/* core_collector.h: what the files of the emitting side share. Everything here runs with the GIL, or on the
 * free-threaded build without it: a Collector's fields do not change after open, the rest is atomic below. */
#ifndef LOCKFREE_CORE_COLLECTOR_H
#define LOCKFREE_CORE_COLLECTOR_H

#include "core_module.h"

#include <lockfree/base.h>

#include "collector.h"

typedef struct {
  PyObject_HEAD
  lf_collector *handle;       /* NULL: __init__ did not succeed */
  int64_t block_timeout_ns;   /* < 0: no limit */
  uint32_t overflow;          /* lf_overflow */
  uint32_t wait_flag;         /* LF_EMIT_WAIT where overflow is "block", else 0 */
  LF_ATOMIC(uint32_t) closed; /* close was called */
} CoreCollector;

/* What to do about an event that `lane` did not take; NULL lane: there was none for this thread. The payload must
 * stay readable without the GIL. 1: accepted after all, 0: not accepted, -1: raised. */
int core_emit_refused(CoreCollector *self, lf_lane *lane, lf_status status, const void *payload, size_t len,
                      uint32_t kind, uint32_t flags);
/* Counts an event that could not be encoded. The exception that says why is set already. */
void core_emit_unencodable(CoreCollector *self);
/* Sets lockfree.errors.<name>. */
void core_raise(const char *name, const char *format, ...);

/* 1: accepted, 0: not accepted, -1: raised. */
static inline int core_emit(CoreCollector *self, const void *payload, size_t len, uint32_t kind, uint32_t flags) {
  if (LF_UNLIKELY(self->handle == NULL)) {
    PyErr_SetString(PyExc_RuntimeError, "this Collector was never opened: its __init__ did not finish");
    return -1;
  }
  lf_lane *lane;
  const lf_status status = lf_collector_emit(self->handle, payload, len, kind, flags | self->wait_flag, &lane);
  if (LF_LIKELY(status == LF_OK)) return 1;
  return core_emit_refused(self, lane, status, payload, len, kind, flags);
}

int core_add_event(PyObject *module);
int core_add_records(PyObject *module);

#endif
