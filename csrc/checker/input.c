/* SPDX-License-Identifier: MIT */
/* input.c: what a scenario may be told from outside, so that one object stands for many programs (--input). */
#include "input.h"

#include <stdlib.h>
#include <string.h>

static unsigned char *input;
static size_t size;

static int digit(char c) {
  const char *const digits = "0123456789abcdef", *const at = memchr(digits, c, 16);
  return at == NULL ? -1 : (int)(at - digits);
}

bool lfc_input(const char *hex) {
  const size_t n = strlen(hex);
  free(input);
  input = malloc(n / 2 + 1);
  if (input == NULL) abort();
  size = 0;
  for (; hex[2 * size] != 0; size++) {
    const int high = digit(hex[2 * size]), low = high < 0 ? -1 : digit(hex[2 * size + 1]);
    if (low < 0) return false;
    input[size] = (unsigned char)(high << 4 | low);
  }
  return true;
}

const void *lf_check_input(size_t *bytes);
const void *lf_check_input(size_t *bytes) {
  *bytes = size;
  return input;
}
