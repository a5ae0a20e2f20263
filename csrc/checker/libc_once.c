/* SPDX-License-Identifier: MIT */
/* libc_once.c: what is done once: pthread_once, call_once, and local static variables of C++.
 *
 * A body that ends by an exception has not been done: the next caller tries again. (Compiled with -fexceptions.)
 */
#include <threads.h>

#include "access.h"
#include "wrap.h"

enum { NEW, RUNNING, DONE };

typedef struct {
  void *once;
  uint32_t site;
  bool done;
} attempt;

static void end(attempt *a) { lfc_hidden_store((uintptr_t)a->once, a->done ? DONE : NEW, a->site); }

static void run(void *once, void (*body)(void), uint32_t site) {
  attempt a __attribute__((cleanup(end))) = {once, site, false};
  body();
  a.done = true;
}

void lfc_once(void *once, void (*body)(void), uint32_t site) {
  const uintptr_t at = (uintptr_t)once;
  for (;;) {
    const uint32_t was = lfc_hidden_try(at, LFC_ACQUIRE, site, NULL);
    if (was == DONE) return;
    if (was == NEW) {
      run(once, body, site);
      return;
    }
    lfc_hidden_await(at, RUNNING, site);
  }
}

WRAP(int, pthread_once, pthread_once_t *once, void (*body)(void)) {
  ENTER;
  lfc_once(once, body, SITE);
  return 0;
}
WRAP(void, call_once, once_flag *once, void (*body)(void)) {
  ENTER;
  lfc_once(once, body, SITE);
}

/* ---- local static variables: byte 0 says that it is done, which the compiler looks at first; a lock at +4 ---- */

WRAP(int, __cxa_guard_acquire, unsigned char *guard) {
  ENTER;
  const uint32_t site = SITE;
  lfc_hidden_lock((uintptr_t)guard + 4, site);
  if (lfc_atomic_load((uintptr_t)guard, 1, LFC_ACQUIRE, site, NULL) == 0) return 1;
  lfc_hidden_store((uintptr_t)guard + 4, 0, site);
  return 0;
}
WRAP(void, __cxa_guard_release, unsigned char *guard) {
  ENTER;
  lfc_atomic_store((uintptr_t)guard, 1, 1, LFC_RELEASE, SITE);
  lfc_hidden_store((uintptr_t)guard + 4, 0, SITE);
}
WRAP(void, __cxa_guard_abort, unsigned char *guard) {
  ENTER;
  lfc_hidden_store((uintptr_t)guard + 4, 0, SITE);
}
