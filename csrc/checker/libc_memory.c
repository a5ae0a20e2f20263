/* SPDX-License-Identifier: MIT */
/* libc_memory.c: malloc's family, and what of the C library reads and writes the program's memory. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "access.h"
#include "defect.h"
#include "heap.h"
#include "wrap.h"

#define READS(p, n) lfc_plain((uintptr_t)(p), n, false, SITE)
#define WRITES(p, n) lfc_plain((uintptr_t)(p), n, true, SITE)

/* ---- blocks ---- */

WRAP(void *, malloc, size_t n) {
  if (!lfc_inside()) return malloc(n);
  ENTER;
  return lfc_heap_new(n, 0, false, SITE);
}
WRAP(void *, calloc, size_t n, size_t size) {
  if (!lfc_inside()) return calloc(n, size);
  ENTER;
  if (size && n > (size_t)-1 / size) return NULL;
  return lfc_heap_new(n * size, 0, true, SITE);
}
WRAP(void *, aligned_alloc, size_t alignment, size_t n) {
  if (!lfc_inside()) return aligned_alloc(alignment, n);
  ENTER;
  return lfc_heap_new(n, alignment, false, SITE);
}
WRAP(void *, memalign, size_t alignment, size_t n) {
  if (!lfc_inside()) return aligned_alloc(alignment, n);
  ENTER;
  return lfc_heap_new(n, alignment, false, SITE);
}
WRAP(int, posix_memalign, void **to, size_t alignment, size_t n) {
  if (!lfc_inside()) return posix_memalign(to, alignment, n);
  ENTER;
  *to = lfc_heap_new(n, alignment, false, SITE);
  return *to ? 0 : ENOMEM;
}
WRAP(void, free, void *p) {
  if (!lfc_inside()) {
    if (lfc_heap_size(p) == 0) free(p);
    return;
  }
  ENTER;
  lfc_heap_free(p, SITE);
}
WRAP(void *, realloc, void *p, size_t n) {
  if (!lfc_inside()) return realloc(p, n);
  ENTER;
  void *to = lfc_heap_new(n, 0, false, SITE);
  const size_t old = lfc_heap_size(p), common = old < n ? old : n;
  if (to == NULL || p == NULL) return to;
  READS(p, common);
  WRITES(to, common);
  memcpy(to, p, common);
  lfc_heap_free(p, SITE);
  return to;
}
WRAP(size_t, malloc_usable_size, void *p) { return lfc_heap_size(p); }

/* Memory of one's own; what others could share is refused. */
WRAP(void *, mmap, void *at, size_t n, int protection, int flags, int fd, off_t offset) {
  if (!lfc_inside()) return mmap(at, n, protection, flags, fd, offset);
  ENTER;
  if (!(flags & MAP_ANONYMOUS) || flags & MAP_FIXED)
    lfc_defect(LFC_V_UNSUPPORTED, SITE, "mmap() is modelled for anonymous memory only");
  void *got = lfc_heap_new(n, 4096, true, SITE);
  return got ? got : MAP_FAILED;
}
WRAP(int, munmap, void *p, size_t n) {
  if (!lfc_inside()) return munmap(p, n);
  ENTER;
  if (lfc_heap_size(p) != n) lfc_defect(LFC_V_UNSUPPORTED, SITE, "munmap() of a part of what mmap() gave");
  lfc_heap_free(p, SITE);
  return 0;
}

static char *duplicate(const char *s, size_t n, uint32_t site) {
  char *to = lfc_inside() ? lfc_heap_new(n + 1, 0, false, site) : malloc(n + 1);
  if (to == NULL) return NULL;
  lfc_plain((uintptr_t)to, n + 1, true, site);
  memcpy(to, s, n);
  to[n] = 0;
  return to;
}

/* ---- bytes ---- */

WRAP(void *, memcpy, void *to, const void *from, size_t n) {
  ENTER;
  READS(from, n);
  WRITES(to, n);
  return memcpy(to, from, n);
}
WRAP(void *, mempcpy, void *to, const void *from, size_t n) {
  ENTER;
  READS(from, n);
  WRITES(to, n);
  return mempcpy(to, from, n);
}
WRAP(void *, memmove, void *to, const void *from, size_t n) {
  ENTER;
  READS(from, n);
  WRITES(to, n);
  return memmove(to, from, n);
}
WRAP(void *, memset, void *to, int byte, size_t n) {
  ENTER;
  WRITES(to, n);
  return memset(to, byte, n);
}
WRAP(void, bzero, void *to, size_t n) {
  ENTER;
  WRITES(to, n);
  memset(to, 0, n);
}
WRAP(void, explicit_bzero, void *to, size_t n) {
  ENTER;
  WRITES(to, n);
  explicit_bzero(to, n);
}
WRAP(int, memcmp, const void *a, const void *b, size_t n) {
  ENTER;
  READS(a, n);
  READS(b, n);
  return memcmp(a, b, n);
}
WRAP(void *, memchr, const void *p, int byte, size_t n) {
  ENTER;
  void *found = memchr(p, byte, n);
  READS(p, found ? (size_t)((char *)found - (const char *)p) + 1 : n);
  return found;
}
/* clang's names for what it makes of copies in instrumented code, from LLVM 15 on */
void *__tsan_memcpy(void *to, const void *from, size_t n);
void *__tsan_memcpy(void *to, const void *from, size_t n) {
  ENTER;
  READS(from, n);
  WRITES(to, n);
  return memcpy(to, from, n);
}
void *__tsan_memmove(void *to, const void *from, size_t n);
void *__tsan_memmove(void *to, const void *from, size_t n) {
  ENTER;
  READS(from, n);
  WRITES(to, n);
  return memmove(to, from, n);
}
void *__tsan_memset(void *to, int byte, size_t n);
void *__tsan_memset(void *to, int byte, size_t n) {
  ENTER;
  WRITES(to, n);
  return memset(to, byte, n);
}

/* ---- strings: what is looked at is read, the end of the string included ---- */

static size_t most(size_t length, size_t n) { return length < n ? length + 1 : n; }

WRAP(size_t, strlen, const char *s) {
  ENTER;
  const size_t n = strlen(s);
  READS(s, n + 1);
  return n;
}
WRAP(size_t, strnlen, const char *s, size_t room) {
  ENTER;
  const size_t n = strnlen(s, room);
  READS(s, most(n, room));
  return n;
}
WRAP(char *, strcpy, char *to, const char *from) {
  ENTER;
  const size_t n = strlen(from) + 1;
  READS(from, n);
  WRITES(to, n);
  return memcpy(to, from, n);
}
WRAP(char *, stpcpy, char *to, const char *from) {
  ENTER;
  const size_t n = strlen(from) + 1;
  READS(from, n);
  WRITES(to, n);
  memcpy(to, from, n);
  return to + n - 1;
}
WRAP(char *, strncpy, char *to, const char *from, size_t n) {
  ENTER;
  READS(from, most(strnlen(from, n), n));
  WRITES(to, n);
  return strncpy(to, from, n);
}
WRAP(char *, strcat, char *to, const char *from) {
  ENTER;
  const size_t at = strlen(to), n = strlen(from) + 1;
  READS(to, at + 1);
  READS(from, n);
  WRITES(to + at, n);
  memcpy(to + at, from, n);
  return to;
}
WRAP(int, strcmp, const char *a, const char *b) {
  ENTER;
  size_t n = 0;
  while (a[n] && a[n] == b[n]) n++;
  READS(a, n + 1);
  READS(b, n + 1);
  return strcmp(a, b);
}
WRAP(int, strncmp, const char *a, const char *b, size_t room) {
  ENTER;
  size_t n = 0;
  while (n < room && a[n] && a[n] == b[n]) n++;
  READS(a, most(n, room));
  READS(b, most(n, room));
  return strncmp(a, b, room);
}
WRAP(char *, strchr, const char *s, int c) {
  ENTER;
  char *found = strchr(s, c);
  READS(s, found ? (size_t)(found - s) + 1 : strlen(s) + 1);
  return found;
}
WRAP(char *, strrchr, const char *s, int c) {
  ENTER;
  READS(s, strlen(s) + 1);
  return strrchr(s, c);
}
WRAP(char *, strstr, const char *s, const char *part) {
  ENTER;
  READS(s, strlen(s) + 1);
  READS(part, strlen(part) + 1);
  return strstr(s, part);
}
WRAP(char *, strdup, const char *s) {
  ENTER;
  const size_t n = strlen(s);
  READS(s, n + 1);
  return duplicate(s, n, SITE);
}
WRAP(char *, strndup, const char *s, size_t room) {
  ENTER;
  const size_t n = strnlen(s, room);
  READS(s, most(n, room));
  return duplicate(s, n, SITE);
}

/* ---- printing into memory; what prints elsewhere is the real thing, whose output the runner drops ---- */

static int print(char *to, size_t n, uint32_t site, const char *format, va_list list) {
  const int length = vsnprintf(to, n, format, list);
  if (length >= 0 && n > 0) lfc_plain((uintptr_t)to, most((size_t)length, n), true, site);
  return length;
}
WRAP(int, vsnprintf, char *to, size_t n, const char *format, va_list list) {
  ENTER;
  return print(to, n, SITE, format, list);
}
WRAP(int, snprintf, char *to, size_t n, const char *format, ...) {
  ENTER;
  va_list list;
  va_start(list, format);
  const int length = print(to, n, SITE, format, list);
  va_end(list);
  return length;
}
WRAP(int, sprintf, char *to, const char *format, ...) {
  ENTER;
  va_list list;
  va_start(list, format);
  const int length = print(to, (size_t)1 << 30, SITE, format, list);
  va_end(list);
  return length;
}
