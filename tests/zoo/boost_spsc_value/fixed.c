/* boost::lockfree::spsc_value: three slots; the writer's, the reader's, and the one in between, which they exchange. */
#include "../zoo.h"

enum { FRESH = 4 }; /* the slot in between holds a value that was not read */

static int slots[3];
static unsigned write_index = 0, read_index = 2;
static _Atomic unsigned available = 1;

static void write_value(int value) {
  slots[write_index] = value;
  write_index = atomic_exchange_explicit(&available, write_index | FRESH, memory_order_acq_rel) & 3u;
}

static bool read_value(int *value) {
  if (!(atomic_load_explicit(&available, memory_order_acquire) & FRESH)) return false;
  read_index = atomic_exchange_explicit(&available, read_index, memory_order_acq_rel) & 3u;
  *value = slots[read_index];
  return true;
}

#include "scenario.h"
