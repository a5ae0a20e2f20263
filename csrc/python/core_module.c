/* SPDX-License-Identifier: MIT */
/* core_module.c: the module _core itself: multi-phase, one state an interpreter, safe without the GIL. */
#include "core_module.h"

static PyObject *import_attribute(const char *module, const char *name) {
  PyObject *imported = PyImport_ImportModule(module);
  PyObject *attribute = imported == NULL ? NULL : PyObject_GetAttrString(imported, name);
  Py_XDECREF(imported);
  return attribute;
}

static int add_all(PyObject *module) {
  core_state *state = (core_state *)PyModule_GetState(module);
  if ((state->full = import_attribute("queue", "Full")) == NULL) return -1;
  if ((state->empty = import_attribute("queue", "Empty")) == NULL) return -1;
  if ((state->shut_down = import_attribute("lockfree.errors", "ShutDown")) == NULL) return -1;
  if ((state->wrong_thread = import_attribute("lockfree.errors", "WrongThreadError")) == NULL) return -1;
  if (core_add_span(module) < 0 || core_add_ring(module) < 0 || core_add_bytes(module) < 0) return -1;
  if (core_add_collector(module) < 0) return -1;
  return 0;
}

static int traverse(PyObject *module, visitproc visit, void *arg) {
  core_state *state = (core_state *)PyModule_GetState(module);
  if (state == NULL) return 0;
  Py_VISIT(state->span_type);
  Py_VISIT(state->full);
  Py_VISIT(state->empty);
  Py_VISIT(state->shut_down);
  Py_VISIT(state->wrong_thread);
  return 0;
}

static int clear(PyObject *module) {
  core_state *state = (core_state *)PyModule_GetState(module);
  if (state == NULL) return 0;
  Py_CLEAR(state->span_type);
  Py_CLEAR(state->full);
  Py_CLEAR(state->empty);
  Py_CLEAR(state->shut_down);
  Py_CLEAR(state->wrong_thread);
  return 0;
}

static void destroy(void *module) { (void)clear((PyObject *)module); }

static PyModuleDef_Slot slots[] = {{Py_mod_exec, CORE_SLOT(add_all)},
#ifdef Py_mod_multiple_interpreters
                                   {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_mod_gil
                                   {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
                                   {0, NULL}};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "lockfree._core",
    .m_doc = "The per-item calls of the package on CPython's C API; lockfree.ffi and lockfree.lib have everything.",
    .m_size = sizeof(core_state),
    .m_slots = slots,
    .m_traverse = traverse,
    .m_clear = clear,
    .m_free = destroy};

core_state *core_state_of(PyTypeObject *type) {
  PyObject *owner = PyType_GetModuleByDef(type, &module);
  return owner == NULL ? NULL : (core_state *)PyModule_GetState(owner);
}

PyMODINIT_FUNC PyInit__core(void) { return PyModuleDef_Init(&module); }
