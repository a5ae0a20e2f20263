/* SPDX-License-Identifier: MIT */
/* cxx_memory.c: operator new and delete in all their forms, and the memory of exceptions.
 *
 * The object's own calls come by __wrap_; the library's by the plain names, which the runner exports before it. Where
 * the program replaces an operator, its own calls are bound to that and come here only through malloc.
 */
#include <stdlib.h>
#include <string.h>

#include "defect.h"
#include "heap.h"
#include "wrap.h"

static void *get(size_t n, size_t alignment, const void *caller) {
  if (!lfc_inside())
    return alignment ? aligned_alloc(alignment, (n + alignment - 1) / alignment * alignment) : malloc(n);
  const uint32_t site = lfc_outer_site(caller);
  void *got = lfc_heap_new(n, alignment, false, site);
  if (got == NULL) lfc_defect(LFC_V_UNSUPPORTED, site, "operator new(%zu): more than a thread's memory here", n);
  return got;
}

static void give(void *p, const void *caller) {
  if (lfc_inside()) {
    lfc_heap_free(p, lfc_outer_site(caller));
  } else if (lfc_heap_size(p) == 0) {
    free(p);
  }
}

#define CALLER __builtin_return_address(0)
#define NEW(name, alignment, ...)       \
  void *name(size_t n, ##__VA_ARGS__);  \
  void *name(size_t n, ##__VA_ARGS__) { \
    ENTER;                              \
    return get(n, alignment, CALLER);   \
  }
#define DELETE(name)   \
  void name(void *p);  \
  void name(void *p) { \
    ENTER;             \
    give(p, CALLER);   \
  }
#define NEW_BOTH(name, alignment, ...) NEW(name, alignment, ##__VA_ARGS__) NEW(__wrap_##name, alignment, ##__VA_ARGS__)
#define DELETE_BOTH(name) DELETE(name) DELETE(__wrap_##name)

NEW_BOTH(_Znwm, 0)
NEW_BOTH(_Znam, 0)
NEW_BOTH(_ZnwmRKSt9nothrow_t, 0)
NEW_BOTH(_ZnamRKSt9nothrow_t, 0)
NEW_BOTH(_ZnwmSt11align_val_t, alignment, size_t alignment)
NEW_BOTH(_ZnamSt11align_val_t, alignment, size_t alignment)
NEW_BOTH(_ZnwmSt11align_val_tRKSt9nothrow_t, alignment, size_t alignment)
NEW_BOTH(_ZnamSt11align_val_tRKSt9nothrow_t, alignment, size_t alignment)
DELETE_BOTH(_ZdlPv)
DELETE_BOTH(_ZdaPv)
DELETE_BOTH(_ZdlPvm)
DELETE_BOTH(_ZdaPvm)
DELETE_BOTH(_ZdlPvRKSt9nothrow_t)
DELETE_BOTH(_ZdaPvRKSt9nothrow_t)
DELETE_BOTH(_ZdlPvSt11align_val_t)
DELETE_BOTH(_ZdaPvSt11align_val_t)
DELETE_BOTH(_ZdlPvmSt11align_val_t)
DELETE_BOTH(_ZdaPvmSt11align_val_t)
DELETE_BOTH(_ZdlPvSt11align_val_tRKSt9nothrow_t)
DELETE_BOTH(_ZdaPvSt11align_val_tRKSt9nothrow_t)

/* An exception lies behind the library's header, which is to begin as zeros. */
enum { HEADER = 128 };

void *__cxa_allocate_exception(size_t n);
void *__cxa_allocate_exception(size_t n) {
  ENTER;
  unsigned char *got = get(HEADER + n, 16, CALLER);
  if (got == NULL) abort();
  memset(got, 0, HEADER + n);
  return got + HEADER;
}

/* The library counts who holds it, out of our sight: that the last one frees it races with nobody. */
void __cxa_free_exception(void *exception);
void __cxa_free_exception(void *exception) {
  unsigned char *block = (unsigned char *)exception - HEADER;
  if (lfc_heap_size(block) == 0) {
    free(block);
  } else if (lfc_inside()) {
    lfc_heap_forget(block);
  }
}
