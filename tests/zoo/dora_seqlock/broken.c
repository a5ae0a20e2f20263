/* dora's tensor pool: a frame under a sequence counter, odd while it is being written. */
#include "../zoo.h"

static _Atomic unsigned generation;
static _Atomic int frame[2];

static void publish(int value) {
  const unsigned now = atomic_load_explicit(&generation, memory_order_relaxed);
  atomic_store_explicit(&generation, now + 1, memory_order_relaxed);
  atomic_thread_fence(memory_order_release);
  for (int i = 0; i < 2; i++) atomic_store_explicit(&frame[i], value, memory_order_relaxed);
  atomic_store_explicit(&generation, now + 2, memory_order_relaxed); /* BROKEN */
  atomic_thread_fence(memory_order_release);
}

/* False if a writer was met. */
static bool snapshot(int copy[2]) {
  const unsigned before = atomic_load_explicit(&generation, memory_order_acquire);
  for (int i = 0; i < 2; i++) copy[i] = atomic_load_explicit(&frame[i], memory_order_relaxed);
  atomic_thread_fence(memory_order_acquire);
  const unsigned after = atomic_load_explicit(&generation, memory_order_relaxed);
  return before == after && (before & 1) == 0;
}

#include "scenario.h"
