/* SPDX-License-Identifier: MIT */
/* tsan.c: the entry points that `cc -fsanitize=thread` calls, for gcc and clang.
 *
 * Outside a run (constructors of the object, the loader) they do what they say on memory as it is.
 */
#include <string.h>

#include "access.h"
#include "defect.h"
#include "entry.h"
#include "execution.h"
#include "object.h"
#include "trace.h"
#include "weaken.h"

#define SITE lfc_site(__builtin_return_address(0))
#define ENTER (lfc_frame = __builtin_frame_address(0))
#define CALLERS_STACK ((const char *)lfc_frame + 16)

typedef uint8_t a8;
typedef uint16_t a16;
typedef uint32_t a32;
typedef uint64_t a64;
typedef lfc_word a128;

/* ---- atomics ---- */

#define ATOMIC(BITS)                                                                                                   \
  ENTRY(__tsan_atomic##BITS##_load)                                                                                    \
  IN_C a##BITS __tsan_atomic##BITS##_load_in_c(const a##BITS *p, int order);                                           \
  a##BITS __tsan_atomic##BITS##_load_in_c(const a##BITS *p, int order) {                                               \
    ENTER;                                                                                                             \
    return (a##BITS)lfc_atomic_load((uintptr_t)p, BITS / 8, order, SITE, CALLERS_STACK);                               \
  }                                                                                                                    \
  void __tsan_atomic##BITS##_store(a##BITS *p, a##BITS v, int order);                                                  \
  void __tsan_atomic##BITS##_store(a##BITS *p, a##BITS v, int order) {                                                 \
    ENTER;                                                                                                             \
    lfc_atomic_store((uintptr_t)p, BITS / 8, v, order, SITE);                                                          \
  }                                                                                                                    \
  ENTRY(__tsan_atomic##BITS##_compare_exchange_strong)                                                                 \
  IN_C int __tsan_atomic##BITS##_compare_exchange_strong_in_c(a##BITS *p, a##BITS *c, a##BITS v, int order,            \
                                                              int failure);                                            \
  int __tsan_atomic##BITS##_compare_exchange_strong_in_c(a##BITS *p, a##BITS *c, a##BITS v, int order, int failure) {  \
    ENTER;                                                                                                             \
    lfc_plain((uintptr_t)c, BITS / 8, false, SITE);                                                                    \
    lfc_word expected = *c;                                                                                            \
    const bool done =                                                                                                  \
        lfc_atomic_cas((uintptr_t)p, BITS / 8, &expected, v, order, failure, false, SITE, CALLERS_STACK);              \
    if (!done) {                                                                                                       \
      lfc_plain((uintptr_t)c, BITS / 8, true, SITE);                                                                   \
      *c = (a##BITS)expected;                                                                                          \
    }                                                                                                                  \
    return done;                                                                                                       \
  }                                                                                                                    \
  ENTRY(__tsan_atomic##BITS##_compare_exchange_weak)                                                                   \
  IN_C int __tsan_atomic##BITS##_compare_exchange_weak_in_c(a##BITS *p, a##BITS *c, a##BITS v, int order,              \
                                                            int failure);                                              \
  int __tsan_atomic##BITS##_compare_exchange_weak_in_c(a##BITS *p, a##BITS *c, a##BITS v, int order, int failure) {    \
    ENTER;                                                                                                             \
    lfc_plain((uintptr_t)c, BITS / 8, false, SITE);                                                                    \
    lfc_word expected = *c;                                                                                            \
    const bool done = lfc_atomic_cas((uintptr_t)p, BITS / 8, &expected, v, order, failure, true, SITE, CALLERS_STACK); \
    if (!done) {                                                                                                       \
      lfc_plain((uintptr_t)c, BITS / 8, true, SITE);                                                                   \
      *c = (a##BITS)expected;                                                                                          \
    }                                                                                                                  \
    return done;                                                                                                       \
  }                                                                                                                    \
  ENTRY(__tsan_atomic##BITS##_compare_exchange_val)                                                                    \
  IN_C a##BITS __tsan_atomic##BITS##_compare_exchange_val_in_c(a##BITS *p, a##BITS c, a##BITS v, int order,            \
                                                               int failure);                                           \
  a##BITS __tsan_atomic##BITS##_compare_exchange_val_in_c(a##BITS *p, a##BITS c, a##BITS v, int order, int failure) {  \
    ENTER;                                                                                                             \
    lfc_word expected = c;                                                                                             \
    (void)lfc_atomic_cas((uintptr_t)p, BITS / 8, &expected, v, order, failure, false, SITE, CALLERS_STACK);            \
    return (a##BITS)expected;                                                                                          \
  }                                                                                                                    \
  UPDATE(BITS, exchange, LFC_EXCHANGE)                                                                                 \
  UPDATE(BITS, fetch_add, LFC_ADD)                                                                                     \
  UPDATE(BITS, fetch_sub, LFC_SUB)                                                                                     \
  UPDATE(BITS, fetch_and, LFC_AND)                                                                                     \
  UPDATE(BITS, fetch_or, LFC_OR)                                                                                       \
  UPDATE(BITS, fetch_xor, LFC_XOR)                                                                                     \
  UPDATE(BITS, fetch_nand, LFC_NAND)

#define UPDATE(BITS, name, what)                                                                    \
  ENTRY(__tsan_atomic##BITS##_##name)                                                               \
  IN_C a##BITS __tsan_atomic##BITS##_##name##_in_c(a##BITS *p, a##BITS v, int order);               \
  a##BITS __tsan_atomic##BITS##_##name##_in_c(a##BITS *p, a##BITS v, int order) {                   \
    ENTER;                                                                                          \
    return (a##BITS)lfc_atomic_update((uintptr_t)p, BITS / 8, what, v, order, SITE, CALLERS_STACK); \
  }

ATOMIC(8)
ATOMIC(16)
ATOMIC(32)
ATOMIC(64)
ATOMIC(128)

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order) {
  ENTER;
  lfc_atomic_fence(order, 0, SITE);
}

void __tsan_atomic_signal_fence(int order);
void __tsan_atomic_signal_fence(int order) {
  ENTER;
  if (order == LFC_SEQ_CST) lfc_atomic_fence(order, LFC_F_LIGHT, SITE);
}

/* ---- plain accesses ---- */

#define PLAIN(name, writes, bytes)                \
  void name(const void *p);                       \
  void name(const void *p) {                      \
    ENTER;                                        \
    lfc_plain((uintptr_t)p, bytes, writes, SITE); \
  }
#define PLAINS(bytes)                                        \
  PLAIN(__tsan_read##bytes, false, bytes)                    \
  PLAIN(__tsan_write##bytes, true, bytes)                    \
  PLAIN(__tsan_unaligned_read##bytes, false, bytes)          \
  PLAIN(__tsan_unaligned_write##bytes, true, bytes)          \
  PLAIN(__tsan_volatile_read##bytes, false, bytes)           \
  PLAIN(__tsan_volatile_write##bytes, true, bytes)           \
  PLAIN(__tsan_unaligned_volatile_read##bytes, false, bytes) \
  PLAIN(__tsan_unaligned_volatile_write##bytes, true, bytes)
#define BOTH(bytes)                                        \
  void __tsan_read_write##bytes(const void *p);            \
  void __tsan_read_write##bytes(const void *p) {           \
    ENTER;                                                 \
    lfc_plain((uintptr_t)p, bytes, false, SITE);           \
    lfc_plain((uintptr_t)p, bytes, true, SITE);            \
  }                                                        \
  void __tsan_unaligned_read_write##bytes(const void *p);  \
  void __tsan_unaligned_read_write##bytes(const void *p) { \
    ENTER;                                                 \
    lfc_plain((uintptr_t)p, bytes, false, SITE);           \
    lfc_plain((uintptr_t)p, bytes, true, SITE);            \
  }
PLAINS(1)
PLAINS(2)
PLAINS(4)
PLAINS(8)
PLAINS(16)
BOTH(1)
BOTH(2)
BOTH(4)
BOTH(8)
BOTH(16)

void __tsan_read_range(const void *p, size_t n);
void __tsan_read_range(const void *p, size_t n) {
  ENTER;
  lfc_plain((uintptr_t)p, n, false, SITE);
}
void __tsan_write_range(const void *p, size_t n);
void __tsan_write_range(const void *p, size_t n) {
  ENTER;
  lfc_plain((uintptr_t)p, n, true, SITE);
}
void __tsan_vptr_update(void **p, void *value);
void __tsan_vptr_update(void **p, void *value) {
  ENTER;
  if (*p != value) lfc_plain((uintptr_t)p, sizeof *p, true, SITE);
}
void __tsan_vptr_read(void **p);
void __tsan_vptr_read(void **p) {
  ENTER;
  lfc_plain((uintptr_t)p, sizeof *p, false, SITE);
}

void __tsan_init(void);
void __tsan_init(void) {}
void __tsan_func_entry(void *caller);
void __tsan_func_entry(void *caller) { (void)caller; }
void __tsan_func_exit(void);
void __tsan_func_exit(void) {}
void __tsan_ignore_thread_begin(void);
void __tsan_ignore_thread_begin(void) {}
void __tsan_ignore_thread_end(void);
void __tsan_ignore_thread_end(void) {}
