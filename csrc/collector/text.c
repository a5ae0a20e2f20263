/* SPDX-License-Identifier: MIT */
/* text.c: JSON strings, numbers and base64 into a growing buffer. */
#include "text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(lf_text *text, size_t n) {
  if (text->failed) return false;
  if (text->room - text->n >= n) return true;
  size_t room = text->room != 0 ? text->room : 1 << 16;
  while (room - text->n < n) room *= 2;
  char *grown = realloc(text->bytes, room);
  if (grown == NULL) {
    text->failed = true;
    return false;
  }
  text->bytes = grown;
  text->room = room;
  return true;
}

void lf_text_put(lf_text *text, const char *bytes, size_t n) {
  if (!make_room(text, n)) return;
  memcpy(text->bytes + text->n, bytes, n);
  text->n += n;
}

void lf_text_format(lf_text *text, const char *format, ...) {
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  const int n = vsnprintf(NULL, 0, format, arguments);
  if (n >= 0 && make_room(text, (size_t)n + 1)) {
    vsnprintf(text->bytes + text->n, (size_t)n + 1, format, again);
    text->n += (size_t)n;
  }
  va_end(again);
  va_end(arguments);
}

void lf_text_double(lf_text *text, double number) {
  char digits[40] = "null";
  if (isfinite(number)) {
    for (int precision = 15; precision <= 17; precision++) {
      snprintf(digits, sizeof digits, "%.*g", precision, number);
      if (strtod(digits, NULL) == number) break;
    }
    char *comma = strchr(digits, ','); /* the program may have chosen a locale that writes one */
    if (comma != NULL) *comma = '.';
    if (strpbrk(digits, ".e") == NULL) strcat(digits, ".0");
  }
  lf_text_put(text, digits, strlen(digits));
}

void lf_text_string(lf_text *text, const unsigned char *bytes, size_t n) {
  lf_text_put(text, "\"", 1);
  size_t from = 0;
  for (size_t i = 0; i < n; i++) {
    if (bytes[i] >= 0x20 && bytes[i] != '"' && bytes[i] != '\\') continue;
    lf_text_put(text, (const char *)bytes + from, i - from);
    from = i + 1;
    if (bytes[i] == '"' || bytes[i] == '\\') {
      lf_text_format(text, "\\%c", bytes[i]);
    } else if (bytes[i] == '\n') {
      lf_text_put(text, "\\n", 2);
    } else {
      lf_text_format(text, "\\u%04x", bytes[i]);
    }
  }
  lf_text_put(text, (const char *)bytes + from, n - from);
  lf_text_put(text, "\"", 1);
}

void lf_text_base64(lf_text *text, const unsigned char *bytes, size_t n) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  lf_text_put(text, "\"", 1);
  for (size_t i = 0; i < n; i += 3) {
    const size_t left = n - i;
    const unsigned v =
        (unsigned)bytes[i] << 16 | (left > 1 ? (unsigned)bytes[i + 1] << 8 : 0) | (left > 2 ? bytes[i + 2] : 0u);
    const char four[4] = {alphabet[v >> 18], alphabet[v >> 12 & 63], left > 1 ? alphabet[v >> 6 & 63] : '=',
                          left > 2 ? alphabet[v & 63] : '='};
    lf_text_put(text, four, 4);
  }
  lf_text_put(text, "\"", 1);
}

/* Well-formed as Unicode 15, table 3-7 says: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool lf_text_is_utf8(const unsigned char *p, size_t n) {
  for (size_t i = 0; i < n;) {
    const unsigned char c = p[i];
    if (c < 0x80) {
      i++;
      continue;
    }
    const size_t more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
    if (c < 0xC2 || c > 0xF4 || n - i <= more) return false;
    const unsigned char low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
    if (p[i + 1] < low || p[i + 1] > high) return false;
    for (size_t k = 2; k <= more; k++) {
      if ((p[i + k] & 0xC0) != 0x80) return false;
    }
    i += more + 1;
  }
  return true;
}
