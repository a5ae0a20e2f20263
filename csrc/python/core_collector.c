/* SPDX-License-Identifier: MIT */
/* core_collector.c: the collector's emit path. */
#include "core_module.h"

int core_add_collector(PyObject *module) {
  (void)module;
  return 0;
}
