/* SPDX-License-Identifier: MIT */
/* libc_ends.c: what runs when a thread ends: destructors of thread-local variables, those of keys, and after the main
 * thread what atexit asked for.
 */
#include <errno.h>
#include <stdlib.h>
#include <threads.h>

#include "access.h"
#include "defect.h"
#include "ends.h"
#include "wrap.h"

/* ---- keys: which exist is the process's, so it is restored for each run ---- */

enum { ROUNDS = 4, AT_EXIT = 256 };
typedef struct {
  bool used;
  void (*destroy)(void *);
} key;
static key keys[LFC_KEYS];
static struct {
  void (*call)(void *);
  void (*plain)(void);
  void *argument;
} at_exit[AT_EXIT];
static int at_exits;
static uint32_t generation;

static void restore(void) {
  if (!lfc_inside() || generation == lfc.generation) return;
  generation = lfc.generation;
  for (int i = 0; i < LFC_KEYS; i++) keys[i] = (key){false, NULL};
  at_exits = 0;
}

static int create_key(unsigned *to, void (*destroy)(void *)) {
  restore();
  for (unsigned i = 0; i < LFC_KEYS; i++) {
    if (keys[i].used) continue;
    keys[i] = (key){true, destroy};
    *to = i;
    return 0;
  }
  return EAGAIN;
}

static int delete_key(unsigned which) {
  restore();
  if (which >= LFC_KEYS || !keys[which].used) return EINVAL;
  keys[which] = (key){false, NULL};
  for (int i = 0; i < LFC_THREADS; i++) lfc_own_state_of(i)->value[which] = NULL;
  return 0;
}

static void *get(unsigned which) { return which < LFC_KEYS ? lfc_own_state()->value[which] : NULL; }

static int set(unsigned which, const void *value) {
  restore();
  if (which >= LFC_KEYS || !keys[which].used) return EINVAL;
  lfc_own_state()->value[which] = (void *)(uintptr_t)value;
  return 0;
}

WRAP(int, pthread_key_create, pthread_key_t *to, void (*destroy)(void *)) { return create_key(to, destroy); }
WRAP(int, pthread_key_delete, pthread_key_t which) { return delete_key(which); }
WRAP(void *, pthread_getspecific, pthread_key_t which) { return get(which); }
WRAP(int, pthread_setspecific, pthread_key_t which, const void *value) { return set(which, value); }
WRAP(int, tss_create, tss_t *to, tss_dtor_t destroy) {
  return create_key(to, destroy) == 0 ? thrd_success : thrd_error;
}
WRAP(void, tss_delete, tss_t which) { (void)delete_key(which); }
WRAP(void *, tss_get, tss_t which) { return get(which); }
WRAP(int, tss_set, tss_t which, void *value) { return set(which, value) == 0 ? thrd_success : thrd_error; }

/* ---- destructors ---- */

WRAP(int, __cxa_thread_atexit, void (*call)(void *), void *argument, void *object) {
  (void)object;
  if (!lfc_inside()) return 0;
  lfc_own *own = lfc_own_state();
  if (own->at_end_count == LFC_AT_END)
    lfc_defect(LFC_V_UNSUPPORTED, SITE, "more than %d thread-local variables with destructors", LFC_AT_END);
  own->at_end[own->at_end_count].call = call;
  own->at_end[own->at_end_count++].argument = argument;
  return 0;
}

static int add_at_exit(void (*call)(void *), void (*plain)(void), void *argument, uint32_t site) {
  if (!lfc_inside()) return 0;
  restore();
  if (at_exits == AT_EXIT) lfc_defect(LFC_V_UNSUPPORTED, site, "more than %d functions at exit", AT_EXIT);
  at_exit[at_exits].call = call;
  at_exit[at_exits].plain = plain;
  at_exit[at_exits++].argument = argument;
  return 0;
}

WRAP(int, __cxa_atexit, void (*call)(void *), void *argument, void *object) {
  (void)object;
  return add_at_exit(call, NULL, argument, SITE);
}
WRAP(int, atexit, void (*call)(void)) { return add_at_exit(NULL, call, NULL, SITE); }

static void destroy_values(lfc_own *own) {
  bool any = true;
  for (int round = 0; round < ROUNDS && any; round++) {
    any = false;
    for (int i = 0; i < LFC_KEYS; i++) {
      void *value = own->value[i];
      if (value == NULL || !keys[i].used || keys[i].destroy == NULL) continue;
      own->value[i] = NULL;
      keys[i].destroy(value);
      any = true;
    }
  }
}

void lfc_run_ends(void) {
  restore();
  lfc_own *own = lfc_own_state();
  while (own->at_end_count > 0) {
    own->at_end_count--;
    own->at_end[own->at_end_count].call(own->at_end[own->at_end_count].argument);
  }
  destroy_values(own);
  if (lfc.current != 0) return;
  while (at_exits > 0) {
    at_exits--;
    if (at_exit[at_exits].call) {
      at_exit[at_exits].call(at_exit[at_exits].argument);
    } else {
      at_exit[at_exits].plain();
    }
  }
}
