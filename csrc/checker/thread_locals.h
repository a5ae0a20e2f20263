/* SPDX-License-Identifier: MIT */
/* thread_locals.h: thread-local variables: each thread of the program has its own, at addresses of their own. */
#ifndef LFC_THREAD_LOCALS_H
#define LFC_THREAD_LOCALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The object's: what it begins with. */
void lfc_thread_locals_are(const void *image, size_t filled, size_t bytes, size_t alignment, size_t module);

/* Those of the libraries that the program's doings change: errno, exceptions on their way, what call_once calls. */
void lfc_thread_locals_of_libraries(void *handle);

/* True of an address of those, which is one for all threads: nobody races there. */
bool lfc_is_others_word(uint64_t address);
extern uint64_t lfc_others_from, lfc_others_bytes;
static inline bool lfc_is_others(uint64_t address) {
  return address - lfc_others_from < lfc_others_bytes && lfc_is_others_word(address);
}

void lfc_thread_locals_new_run(void);
void lfc_thread_locals_new(int thread);
void lfc_thread_locals_switch(int from, int to);

#endif
