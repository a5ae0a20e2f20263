/* Vyukov's bounded queue: three threads push one and pop one each. */
#include "threads.h"

#define N 2 /* cells */

static struct {
  atomic_size_t sequence;
  int data;
} cells[N];

static atomic_size_t enqueue_pos, dequeue_pos;

static bool push(int data) {
  size_t pos = LOAD(enqueue_pos, relaxed);
  for (;;) {
    const size_t seq = LOAD(cells[pos % N].sequence, acquire);
    const intptr_t dif = (intptr_t)seq - (intptr_t)pos;
    if (dif == 0) {
      if (atomic_compare_exchange_weak_explicit(&enqueue_pos, &pos, pos + 1, memory_order_relaxed,
                                                memory_order_relaxed)) {
        break;
      }
    } else if (dif < 0) {
      return false;
    } else {
      pos = LOAD(enqueue_pos, relaxed);
    }
  }
  cells[pos % N].data = data;
  STORE(cells[pos % N].sequence, pos + 1, release);
  return true;
}

static bool pop(int *data) {
  size_t pos = LOAD(dequeue_pos, relaxed);
  for (;;) {
    const size_t seq = LOAD(cells[pos % N].sequence, acquire);
    const intptr_t dif = (intptr_t)seq - (intptr_t)(pos + 1);
    if (dif == 0) {
      if (atomic_compare_exchange_weak_explicit(&dequeue_pos, &pos, pos + 1, memory_order_relaxed,
                                                memory_order_relaxed)) {
        break;
      }
    } else if (dif < 0) {
      return false;
    } else {
      pos = LOAD(dequeue_pos, relaxed);
    }
  }
  *data = cells[pos % N].data;
  STORE(cells[pos % N].sequence, pos + N, release);
  return true;
}

static void *both(void *argument) {
  int data;
  (void)push(number(argument) + 1);
  if (pop(&data)) assert(data >= 1 && data <= 3);
  return NULL;
}

int main(void) {
  for (size_t i = 0; i < N; i++) atomic_init(&cells[i].sequence, i);
  run_many(both, 3);
  return 0;
}
