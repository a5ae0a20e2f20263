/* Concurrency Kit ck_epoch: one section, one reclaimer, one grace period. */
#include "../zoo.h"

typedef struct {
  int value;
} node;

static _Atomic unsigned epoch, active, record_epoch;
static _Atomic(node *) shared;

static void epoch_begin(void) {
  atomic_store_explicit(&active, 1, memory_order_relaxed);
  atomic_thread_fence(memory_order_seq_cst);
  const unsigned g_epoch = atomic_load_explicit(&epoch, memory_order_relaxed);
  atomic_thread_fence(memory_order_acquire);
  atomic_store_explicit(&record_epoch, g_epoch, memory_order_relaxed);
}

static void epoch_end(void) {
  atomic_thread_fence(memory_order_release);
  atomic_store_explicit(&active, 0, memory_order_relaxed);
}

/* True if no section can hold what was unlinked before. */
static bool grace_period(void) {
  atomic_thread_fence(memory_order_seq_cst);
  const unsigned next = atomic_load_explicit(&epoch, memory_order_relaxed) + 1;
  atomic_store_explicit(&epoch, next, memory_order_relaxed);
  atomic_thread_fence(memory_order_seq_cst);
  const bool busy = atomic_load_explicit(&active, memory_order_relaxed) != 0;
  if (busy && atomic_load_explicit(&record_epoch, memory_order_relaxed) != next) return false;
  atomic_thread_fence(memory_order_acquire);
  return true;
}

#include "scenario.h"
