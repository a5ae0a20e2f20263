/* SPDX-License-Identifier: MIT */
/* thread_locals.c: the object asks for its variables by __tls_get_addr, which is ours: a block for each thread. The
 * libraries' cannot be had so: they are a few words, put away and back when another thread goes on.
 */
#define _GNU_SOURCE
#include "thread_locals.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "execution.h"
#include "wrap.h"

static struct {
  const void *image;
  size_t filled, bytes, alignment, module;
  unsigned char *block[LFC_THREADS];
} own;

void lfc_thread_locals_are(const void *image, size_t filled, size_t bytes, size_t alignment, size_t module) {
  own.image = image;
  own.filled = filled;
  own.bytes = bytes;
  own.alignment = alignment < 16 ? 16 : alignment;
  own.module = module;
}

void lfc_thread_locals_new(int thread) {
  if (own.bytes == 0) return;
  if (own.block[thread] == NULL) {
    own.block[thread] = aligned_alloc(own.alignment, (own.bytes + own.alignment - 1) / own.alignment * own.alignment);
    if (own.block[thread] == NULL) abort();
  }
  memcpy(own.block[thread], own.image, own.filled);
  memset(own.block[thread] + own.filled, 0, own.bytes - own.filled);
}

typedef struct {
  size_t module, offset;
} index_pair;
extern void *__tls_get_addr(index_pair *at);

WRAP(void *, __tls_get_addr, index_pair *at) {
  if (!lfc_inside() || at->module != own.module || own.block[lfc.current] == NULL) return __tls_get_addr(at);
  return own.block[lfc.current] + at->offset;
}

/* ---- of libraries ---- */

enum { WORDS = 4 }; /* exceptions (two), call_once (two) */
static struct {
  uint64_t *word[WORDS];
  uint64_t away[LFC_THREADS][WORDS];
  int words;
} others;
static int errno_away[LFC_THREADS];
uint64_t lfc_others_from, lfc_others_bytes;

static void reach(const void *word) {
  const uint64_t at = (uint64_t)(uintptr_t)word, end = lfc_others_from + lfc_others_bytes;
  const uint64_t from = lfc_others_bytes == 0 || at < lfc_others_from ? at : lfc_others_from;
  lfc_others_bytes = (at + 8 > end ? at + 8 : end) - from;
  lfc_others_from = from;
}

static void add(uint64_t *word) {
  others.word[others.words++] = word;
  reach(word);
}

bool lfc_is_others_word(uint64_t address) {
  for (int i = 0; i < others.words; i++)
    if (address == (uint64_t)(uintptr_t)others.word[i]) return true;
  return address == (uint64_t)(uintptr_t)&errno;
}

void lfc_thread_locals_of_libraries(void *handle) {
  void *(*exceptions)(void);
  void *found = dlsym(handle, "__cxa_get_globals");
  memcpy(&exceptions, &found, sizeof exceptions);
  reach(&errno);
  if (exceptions == NULL) return;
  uint64_t *two = exceptions();
  add(two);
  add(two + 1);
  const char *const names[] = {"_ZSt15__once_callable", "_ZSt11__once_call"};
  for (int i = 0; i < 2; i++) {
    void *at = dlsym(handle, names[i]);
    if (at) add(at);
  }
}

void lfc_thread_locals_new_run(void) {
  memset(others.away, 0, sizeof others.away);
  memset(errno_away, 0, sizeof errno_away);
  for (int i = 0; i < others.words; i++) *others.word[i] = 0;
  errno = 0;
  lfc_thread_locals_new(0);
}

void lfc_thread_locals_switch(int from, int to) {
  errno_away[from] = errno;
  errno = errno_away[to];
  for (int i = 0; i < others.words; i++) {
    others.away[from][i] = *others.word[i];
    *others.word[i] = others.away[to][i];
  }
}
