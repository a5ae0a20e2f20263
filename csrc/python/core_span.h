/* SPDX-License-Identifier: MIT */
/* core_span.h: a stretch of a queue's memory, lent as a buffer. */
#ifndef LOCKFREE_CORE_SPAN_H
#define LOCKFREE_CORE_SPAN_H

#include "core_module.h"

/* Keeps `owner` alive for as long as the span or any view of it lives. `format` must live as long as owner. */
PyObject *core_span_new(core_state *state, PyObject *owner, void *start, Py_ssize_t items, Py_ssize_t item_size,
                        const char *format, bool readonly);

#endif
