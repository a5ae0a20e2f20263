/* SPDX-License-Identifier: MIT */
/* schema.c: the shapes of typed events, in memory: what a text must look like, and which kind it has.
 *
 * Ordering
 *   schema:publish -> schema:observe   an entry is written before it is counted
 *   table:publish -> table:observe     an entry is in the file before it is counted there */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>

static bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

static bool skip_name(const char **p) {
  if (!is_name_start(**p)) return false;
  while (is_name_start(**p) || (**p >= '0' && **p <= '9')) ++*p;
  return true;
}

static bool skip_type(const char **p) {
  static const char *const types[] = {"int", "float", "bool", "str", "bytes"};
  const char *start = *p;
  if (!skip_name(p)) return false;
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    const size_t n = strlen(types[i]);
    if ((size_t)(*p - start) == n && memcmp(start, types[i], n) == 0) return true;
  }
  return false;
}

/* name(field:type,field:type) */
bool lf_schema_valid(const char *text) {
  const char *p = text;
  if (!skip_name(&p) || *p++ != '(') return false;
  while (*p != ')') {
    if (!skip_name(&p) || *p++ != ':' || !skip_type(&p)) return false;
    if (*p == ',' && p[1] != ')') {
      p++;
    } else if (*p != ')') {
      return false;
    }
  }
  return p[1] == '\0';
}

static int add(lf_collector *collector, const char *text, uint32_t len) {
  lf_schemas *schemas = &collector->schemas;
  /* relaxed: only the holder of the collector's lock writes it */
  const uint32_t count = atomic_load_explicit(&schemas->count, memory_order_relaxed);
  for (uint32_t i = 0; i < count; i++) {
    if (schemas->entry[i].len == len && memcmp(schemas->entry[i].text, text, len) == 0) {
      return (int)(LF_KIND_SCHEMA + i);
    }
  }
  if (count == LF_SCHEMAS_MOST) return -ENOSPC;
  char *kept = malloc((size_t)len + 1);
  if (kept == NULL) return -ENOMEM;
  memcpy(kept, text, (size_t)len + 1);
  const int error = lf_process_add_schema(&collector->process, text, len);
  if (error != 0) {
    free(kept);
    return -error;
  }
  schemas->entry[count].text = kept;
  schemas->entry[count].len = len;
  schemas->entry[count].announced = 0;
  /* [schema:publish] pairs with [schema:observe] */
  atomic_store_explicit(&schemas->count, count + 1, memory_order_release);
  return (int)(LF_KIND_SCHEMA + count);
}

int lf_collector_schema(lf_collector *collector, const char *text) {
  const size_t len = strlen(text);
  if (len > 32768 || !lf_schema_valid(text)) return -EINVAL;
  pthread_mutex_lock(&collector->lock);
  int answer = lf_collector_revive(collector);
  answer = answer == 0 ? add(collector, text, (uint32_t)len) : -answer;
  pthread_mutex_unlock(&collector->lock);
  return answer;
}

int lf_schemas_read(lf_schemas *schemas, const lf_process_file *file) {
  size_t at = 0;
  /* [table:observe] pairs with [table:publish] */
  const uint32_t claimed = atomic_load_explicit(&file->schemas, memory_order_acquire);
  uint32_t count = 0;
  while (count < claimed && count < LF_SCHEMAS_MOST && at + 8 <= sizeof file->table) {
    uint32_t len, crc;
    memcpy(&len, file->table + at, 4);
    memcpy(&crc, file->table + at + 4, 4);
    if (len > sizeof file->table - at - 8 || lf_crc32c(0, file->table + at + 8, len) != crc) break;
    char *text = malloc((size_t)len + 1);
    if (text == NULL) return ENOMEM;
    memcpy(text, file->table + at + 8, len);
    text[len] = '\0';
    schemas->entry[count].text = text;
    schemas->entry[count].len = len;
    schemas->entry[count].announced = 0;
    count++;
    at += 8 + (((size_t)len + 7) & ~(size_t)7);
  }
  /* [schema:publish] pairs with [schema:observe] */
  atomic_store_explicit(&schemas->count, count, memory_order_release);
  return 0;
}

void lf_schemas_free(lf_schemas *schemas) {
  const uint32_t count = lf_schemas_count(schemas);
  for (uint32_t i = 0; i < count; i++) free(schemas->entry[i].text);
  /* relaxed: nobody else has it any more */
  atomic_store_explicit(&schemas->count, 0u, memory_order_relaxed);
}
