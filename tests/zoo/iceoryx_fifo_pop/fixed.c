/* iceoryx concurrent::FiFo: one producer, one consumer, room for one. */
#include "../zoo.h"

#define CAPACITY 1u

static _Atomic unsigned write_pos, read_pos;
static int data[CAPACITY];

static bool push(int value) {
  const unsigned current = atomic_load_explicit(&write_pos, memory_order_relaxed);
  if (current == atomic_load_explicit(&read_pos, memory_order_acquire) + CAPACITY) return false;
  data[current % CAPACITY] = value;
  atomic_store_explicit(&write_pos, current + 1, memory_order_release);
  return true;
}

static bool pop(int *value) {
  const unsigned current = atomic_load_explicit(&read_pos, memory_order_acquire);
  if (current == atomic_load_explicit(&write_pos, memory_order_acquire)) return false;
  *value = data[current % CAPACITY];
  atomic_store_explicit(&read_pos, current + 1, memory_order_release);
  return true;
}

#include "scenario.h"
