/* SPDX-License-Identifier: MIT */
/* libatomic.c: the calls of libatomic, for what the compiler does not do in line: atomics of 16 bytes above all, and
 * objects whose size it takes as an argument. They are the atomics that they say they are.
 */
#include <string.h>

#include "access.h"
#include "defect.h"
#include "wrap.h"

/* By its assembler name, since the compiler knows these. */
#define NAMED(type, name, ...)                                    \
  ENTRY(__##name)                                                 \
  IN_C type call_##name(__VA_ARGS__) __asm__("__" #name "_in_c"); \
  type call_##name(__VA_ARGS__)

#define UPDATE(n, type, name, what)                                                                 \
  NAMED(type, atomic_##name##_##n, type *p, type v, int order) {                                    \
    ENTER;                                                                                          \
    return (type)lfc_atomic_update((uintptr_t)p, n, what, (lfc_word)v, order, SITE, CALLERS_STACK); \
  }

#define SIZED(n, type)                                                                                       \
  NAMED(type, atomic_load_##n, const type *p, int order) {                                                   \
    ENTER;                                                                                                   \
    return (type)lfc_atomic_load((uintptr_t)p, n, order, SITE, CALLERS_STACK);                               \
  }                                                                                                          \
  NAMED(void, atomic_store_##n, type *p, type v, int order) {                                                \
    ENTER;                                                                                                   \
    lfc_atomic_store((uintptr_t)p, n, (lfc_word)v, order, SITE);                                             \
  }                                                                                                          \
  NAMED(bool, atomic_compare_exchange_##n, type *p, type *c, type v, int order, int failure) {               \
    ENTER;                                                                                                   \
    lfc_word expected = (lfc_word)*c;                                                                        \
    const bool done =                                                                                        \
        lfc_atomic_cas((uintptr_t)p, n, &expected, (lfc_word)v, order, failure, false, SITE, CALLERS_STACK); \
    if (!done) *c = (type)expected;                                                                          \
    return done;                                                                                             \
  }                                                                                                          \
  UPDATE(n, type, exchange, LFC_EXCHANGE)                                                                    \
  UPDATE(n, type, fetch_add, LFC_ADD)                                                                        \
  UPDATE(n, type, fetch_sub, LFC_SUB)                                                                        \
  UPDATE(n, type, fetch_and, LFC_AND)                                                                        \
  UPDATE(n, type, fetch_or, LFC_OR)                                                                          \
  UPDATE(n, type, fetch_xor, LFC_XOR)                                                                        \
  UPDATE(n, type, fetch_nand, LFC_NAND)

SIZED(1, uint8_t)
SIZED(2, uint16_t)
SIZED(4, uint32_t)
SIZED(8, uint64_t)
SIZED(16, lfc_word)

/* ---- by size ---- */

static uint8_t sized(size_t n, uint32_t site) {
  if (n != 1 && n != 2 && n != 4 && n != 8 && n != 16)
    lfc_defect(LFC_V_UNSUPPORTED, site, "an atomic object of %zu bytes, which the library locks, is not modelled", n);
  return (uint8_t)n;
}
static lfc_word get(const void *from, size_t n) {
  lfc_word value = 0;
  memcpy(&value, from, n);
  return value;
}

NAMED(void, atomic_load, size_t n, const void *p, void *to, int order) {
  ENTER;
  const lfc_word value = lfc_atomic_load((uintptr_t)p, sized(n, SITE), order, SITE, CALLERS_STACK);
  memcpy(to, &value, n);
}
NAMED(void, atomic_store, size_t n, void *p, const void *from, int order) {
  ENTER;
  const uint8_t size = sized(n, SITE);
  lfc_atomic_store((uintptr_t)p, size, get(from, n), order, SITE);
}
NAMED(void, atomic_exchange, size_t n, void *p, const void *from, void *to, int order) {
  ENTER;
  const uint8_t size = sized(n, SITE);
  const lfc_word old = lfc_atomic_update((uintptr_t)p, size, LFC_EXCHANGE, get(from, n), order, SITE, CALLERS_STACK);
  memcpy(to, &old, n);
}
NAMED(bool, atomic_compare_exchange, size_t n, void *p, void *c, const void *from, int order, int failure) {
  ENTER;
  const uint8_t size = sized(n, SITE);
  lfc_word expected = get(c, n);
  const bool done =
      lfc_atomic_cas((uintptr_t)p, size, &expected, get(from, n), order, failure, false, SITE, CALLERS_STACK);
  if (!done) memcpy(c, &expected, n);
  return done;
}
NAMED(bool, atomic_is_lock_free, size_t n, const void *p) {
  (void)p;
  return n == 1 || n == 2 || n == 4 || n == 8 || n == 16;
}
