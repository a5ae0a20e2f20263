/* SPDX-License-Identifier: MIT */
#ifndef LFC_INPUT_H
#define LFC_INPUT_H

#include <stdbool.h>

/* Keeps the bytes of a hexadecimal string for lf_check_input. False: it is none. */
bool lfc_input(const char *hex);

#endif
