/* SPDX-License-Identifier: MIT */
/* cxx.c: the C++ library's threads, conditions, futures and clocks, by the names that libstdc++ gives them; what of it
 * is inline in its headers arrives as calls of POSIX. And how an exception ends that nobody catches.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

#include "access.h"
#include "cxx.h"
#include "defect.h"
#include "futex.h"
#include "wrap.h"

/* ---- std::thread: an object of one word, its pthread_t ---- */

typedef struct state state; /* std::thread::_State: virtual, with two destructors and _M_run */
struct state {
  struct {
    void (*destroy)(state *);
    void (*destroy_and_delete)(state *);
    void (*run)(state *);
  } * table;
};

static void *run(void *argument) {
  state *s = argument;
  s->table->run(s);
  s->table->destroy_and_delete(s);
  return NULL;
}

WRAP(void, _ZNSt6thread15_M_start_threadESt10unique_ptrINS_6_StateESt14default_deleteIS1_EEPFvvE, pthread_t *self,
     state **owner, void (*unused)(void)) {
  ENTER;
  (void)unused;
  if (!lfc_inside()) return;
  state *s = *owner;
  *owner = NULL;
  *self = (pthread_t)lfc_create(run, s, SITE) + 1;
}
WRAP(void, _ZNSt6thread4joinEv, pthread_t *self) {
  ENTER;
  if (!lfc_inside()) return;
  if (*self == 0) lfc_defect(LFC_V_CRASH, SITE, "join of a std::thread that is not joinable");
  lfc_join((int)*self - 1, NULL, SITE);
  *self = 0;
}
WRAP(void, _ZNSt6thread6detachEv, pthread_t *self) {
  ENTER;
  if (!lfc_inside()) return;
  if (*self == 0) lfc_defect(LFC_V_CRASH, SITE, "detach of a std::thread that is not joinable");
  lfc_detach((int)*self - 1, SITE);
  *self = 0;
}
WRAP(unsigned, _ZNSt6thread20hardware_concurrencyEv, void) { return 2; }
WRAP(void, _ZNSt11this_thread11__sleep_forENSt6chrono8durationIlSt5ratioILl1ELl1EEEENS1_IlS2_ILl1ELl1000000000EEEE,
     int64_t seconds, int64_t nanoseconds) {
  (void)seconds;
  (void)nanoseconds;
}

/* ---- std::condition_variable: a pthread_cond_t; std::unique_lock: first its mutex ---- */

WRAP(void, _ZNSt18condition_variableC1Ev, void *c) {
  ENTER;
  lfc_condition_init(c, SITE);
}
WRAP(void, _ZNSt18condition_variableD1Ev, void *c) {
  ENTER;
  lfc_condition_destroy(c, SITE);
}
WRAP(void, _ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE, void *c, void **lock) {
  ENTER;
  (void)lfc_condition_wait(c, *lock, NULL, SITE);
}
WRAP(void, _ZNSt18condition_variable10notify_oneEv, void *c) {
  ENTER;
  lfc_condition_signal(c, SITE);
}
WRAP(void, _ZNSt18condition_variable10notify_allEv, void *c) {
  ENTER;
  lfc_condition_broadcast(c, SITE);
}

/* ---- what std::future sleeps with ---- */

WRAP(
    bool,
    _ZNSt28__atomic_futex_unsigned_base19_M_futex_wait_untilEPjjbNSt6chrono8durationIlSt5ratioILl1ELl1EEEENS2_IlS3_ILl1ELl1000000000EEEE,
    void *self, uint32_t *word, uint32_t value) {
  ENTER;
  (void)self;
  (void)lfc_futex_wait(word, value, SITE);
  return true;
}
WRAP(
    bool,
    _ZNSt28__atomic_futex_unsigned_base26_M_futex_wait_until_steadyEPjjbNSt6chrono8durationIlSt5ratioILl1ELl1EEEENS2_IlS3_ILl1ELl1000000000EEEE,
    void *self, uint32_t *word, uint32_t value) {
  ENTER;
  (void)self;
  (void)lfc_futex_wait(word, value, SITE);
  return true;
}
WRAP(void, _ZNSt28__atomic_futex_unsigned_base19_M_futex_notify_allEPj, uint32_t *word) {
  ENTER;
  (void)lfc_futex_wake(word, LFC_THREADS + 1, SITE);
}

/* ---- the lock of std::atomic_load(&shared_ptr) and its like: one for all ---- */

static pthread_mutex_t all_shared;

static void reset_shared(void) {
  static uint32_t generation;
  if (generation != lfc.generation) memset(&all_shared, 0, sizeof all_shared);
  generation = lfc.generation;
}
WRAP(void, _ZNSt10_Sp_lockerC1EPKv, void *self, const void *p) {
  ENTER;
  (void)self;
  (void)p;
  reset_shared();
  (void)lfc_mutex_lock(&all_shared, SITE);
}
WRAP(void, _ZNSt10_Sp_lockerC1EPKvS1_, void *self, const void *p, const void *q) {
  ENTER;
  (void)self;
  (void)p;
  (void)q;
  reset_shared();
  (void)lfc_mutex_lock(&all_shared, SITE);
}
WRAP(void, _ZNSt10_Sp_lockerD1Ev, void *self) {
  ENTER;
  (void)self;
  (void)lfc_mutex_unlock(&all_shared, SITE);
}

/* ---- clocks: nanoseconds; and dice ---- */

WRAP(int64_t, _ZNSt6chrono3_V212steady_clock3nowEv, void) { return (int64_t)lfc_time() * 1000000000; }
WRAP(int64_t, _ZNSt6chrono3_V212system_clock3nowEv, void) { return (int64_t)lfc_time() * 1000000000; }
WRAP(unsigned, _ZNSt13random_device9_M_getvalEv, void *self) {
  (void)self;
  return lfc_random();
}

/* ---- terminate ---- */

static struct {
  void (*set_terminate)(void (*)(void));
  void *(*current_type)(void);
} library;

/* Called by the library where an exception finds no handler or a joinable std::thread is destroyed. */
static void terminated(void) {
  lfc_frame = NULL;
  if (!lfc_inside()) return;
  const uint32_t site = lfc_outer_site(__builtin_return_address(0));
  void *type = library.current_type ? library.current_type() : NULL;
  const char *name = NULL;
  if (type) memcpy(&name, (const char *)type + sizeof(void *), sizeof name); /* std::type_info: its table, its name */
  if (name == NULL) lfc_defect(LFC_V_CRASH, site, "std::terminate() was called");
  lfc_defect(LFC_V_CRASH, site, "an exception is not caught; its type's mangled name is %s",
             *name == '*' ? name + 1 : name);
}

static void find(void *handle, const char *name, void *to) {
  void *found = dlsym(handle, name);
  memcpy(to, &found, sizeof found);
}

void lfc_cxx_loaded(void *handle) {
  find(handle, "_ZSt13set_terminatePFvvE", &library.set_terminate);
  find(handle, "__cxa_current_exception_type", &library.current_type);
}

void lfc_cxx_new_run(void) {
  if (library.set_terminate) library.set_terminate(terminated);
}
