/* SPDX-License-Identifier: MIT */
/* cxx.h: the C++ library, where the object brings one. */
#ifndef LFC_CXX_H
#define LFC_CXX_H

void lfc_cxx_loaded(void *handle); /* of the object */
void lfc_cxx_new_run(void);

#endif
