/* .NET ConcurrentQueue: enumeration waits until a slot's sequence number says that its item is there. */
#include "../zoo.h"

static struct {
  int item;
  _Atomic unsigned sequence;
} slots[2];

static void enqueue(unsigned i, int item) {
  slots[i].item = item;
  atomic_store_explicit(&slots[i].sequence, i + 1, memory_order_release);
}

static int item_when_available(unsigned i) {
  if (atomic_load_explicit(&slots[i].sequence, memory_order_acquire) != i + 1) {
    while (atomic_load_explicit(&slots[i].sequence, memory_order_acquire) != i + 1) continue;
  }
  return slots[i].item;
}

#include "scenario.h"
