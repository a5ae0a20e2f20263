/* SPDX-License-Identifier: MIT */
/* json.h: a string as JSON. */
#ifndef LFC_JSON_H
#define LFC_JSON_H

#include <stdio.h>

static inline void lfc_json_string(FILE *out, const char *s) {
  (void)fputc('"', out);
  for (; *s; s++) {
    const unsigned char c = (unsigned char)*s;
    if (c == '"' || c == '\\') {
      (void)fprintf(out, "\\%c", c);
    } else if (c < 32) {
      (void)fprintf(out, "\\u%04x", c);
    } else {
      (void)fputc(c, out);
    }
  }
  (void)fputc('"', out);
}

#endif
