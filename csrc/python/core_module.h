/* SPDX-License-Identifier: MIT */
/* core_module.h: what the files of _core share: the module's state, and one function a file that adds its types. */
#ifndef LOCKFREE_CORE_MODULE_H
#define LOCKFREE_CORE_MODULE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>
#include <stdint.h>

/* A type slot holds functions as void *, which ISO C does not convert directly. */
#define CORE_SLOT(function) ((void *)(uintptr_t)(function))

/* One for each interpreter that imports the module; zeroed before exec. */
typedef struct core_state {
  PyTypeObject *span_type;
  PyObject *full;         /* queue.Full */
  PyObject *empty;        /* queue.Empty */
  PyObject *shut_down;    /* lockfree.errors.ShutDown */
  PyObject *wrong_thread; /* lockfree.errors.WrongThreadError */
} core_state;

/* The state behind a type of this module or a subclass of one; NULL with an exception. */
core_state *core_state_of(PyTypeObject *type);

/* Each: 0, or -1 with an exception set. */
int core_add_span(PyObject *module);
int core_add_ring(PyObject *module);
int core_add_bytes(PyObject *module);
int core_add_collector(PyObject *module);

#endif
