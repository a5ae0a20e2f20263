/* Concurrency Kit ck_hs: a key is copied nearer to its hash, the generation raised, the old copy destroyed. */
#include "../zoo.h"

#define KEY 7

static _Atomic int slots[2] = {0, KEY};
static _Atomic unsigned generation;

static void map_signal(void) {
  atomic_thread_fence(memory_order_release);
  const unsigned now = atomic_load_explicit(&generation, memory_order_relaxed);
  atomic_store_explicit(&generation, now + 1, memory_order_relaxed);
  atomic_thread_fence(memory_order_release);
}

static void relocate(void) {
  atomic_store_explicit(&slots[0], KEY, memory_order_relaxed);
  map_signal();
  atomic_store_explicit(&slots[1], 0, memory_order_relaxed);
}

static bool contains(int key) {
  unsigned before, after;
  bool found;
  do {
    before = atomic_load_explicit(&generation, memory_order_relaxed);
    atomic_thread_fence(memory_order_acquire);
    found = atomic_load_explicit(&slots[0], memory_order_relaxed) == key ||
            atomic_load_explicit(&slots[1], memory_order_relaxed) == key;
    atomic_thread_fence(memory_order_acquire);
    after = atomic_load_explicit(&generation, memory_order_relaxed);
  } while (before != after);
  return found;
}

#include "scenario.h"
