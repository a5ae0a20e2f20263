/* SPDX-License-Identifier: MIT */
/* text.h: a growing buffer of JSON text. A failed allocation is remembered and asked for once, at the end. */
#ifndef LOCKFREE_COLLECTOR_TEXT_H
#define LOCKFREE_COLLECTOR_TEXT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct lf_text {
  char *bytes;
  size_t n;
  size_t room;
  bool failed;
} lf_text;

void lf_text_put(lf_text *text, const char *bytes, size_t n);
void lf_text_format(lf_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Shortest digits that read back as the same number; null for what JSON has no number for. */
void lf_text_double(lf_text *text, double number);
void lf_text_string(lf_text *text, const unsigned char *bytes, size_t n); /* quoted; the bytes are UTF-8 */
void lf_text_base64(lf_text *text, const unsigned char *bytes, size_t n); /* quoted */
bool lf_text_is_utf8(const unsigned char *bytes, size_t n);

#endif
