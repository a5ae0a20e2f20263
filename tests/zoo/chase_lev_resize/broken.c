/* The C11 Chase-Lev deque of Le et al. (PPoPP 2013): push grows the array, a thief reads it. */
#include "../zoo.h"

enum { EMPTY = -1, ABORT = -2 };

typedef struct {
  size_t size;
  _Atomic int buffer[2];
} array;

static _Atomic size_t top, bottom;
static _Atomic(array *) items;

static array *make_array(size_t size) {
  array *made = malloc(sizeof *made);
  if (made == NULL) abort();
  made->size = size;
  return made;
}

static void resize(void) {
  array *a = atomic_load_explicit(&items, memory_order_relaxed);
  array *grown = make_array(2 * a->size);
  const size_t t = atomic_load_explicit(&top, memory_order_relaxed);
  const size_t b = atomic_load_explicit(&bottom, memory_order_relaxed);
  for (size_t i = t; i < b; i++) {
    const int x = atomic_load_explicit(&a->buffer[i % a->size], memory_order_relaxed);
    atomic_store_explicit(&grown->buffer[i % grown->size], x, memory_order_relaxed);
  }
  atomic_store_explicit(&items, grown, memory_order_relaxed); /* BROKEN */
}

static void push(int x) {
  const size_t b = atomic_load_explicit(&bottom, memory_order_relaxed);
  const size_t t = atomic_load_explicit(&top, memory_order_acquire);
  array *a = atomic_load_explicit(&items, memory_order_relaxed);
  if (b - t > a->size - 1) {
    resize();
    a = atomic_load_explicit(&items, memory_order_relaxed);
  }
  atomic_store_explicit(&a->buffer[b % a->size], x, memory_order_relaxed);
  atomic_thread_fence(memory_order_release);
  atomic_store_explicit(&bottom, b + 1, memory_order_relaxed);
}

static int steal(void) {
  size_t t = atomic_load_explicit(&top, memory_order_acquire);
  atomic_thread_fence(memory_order_seq_cst);
  const size_t b = atomic_load_explicit(&bottom, memory_order_acquire);
  if (t >= b) return EMPTY;
  array *a = atomic_load_explicit(&items, memory_order_relaxed);
  const int x = atomic_load_explicit(&a->buffer[t % a->size], memory_order_relaxed);
  if (!atomic_compare_exchange_strong_explicit(&top, &t, t + 1, memory_order_seq_cst, memory_order_relaxed)) {
    return ABORT;
  }
  return x;
}

#include "scenario.h"
