/* N writers each set their cell to one more than the cell before; a reader looks from the end for the last zero. */
#include "threads.h"

static atomic_int cells[N + 1];

static void *reader(void *unused) {
  int i = N;
  while (LOAD(cells[i], acquire) != 0) i--;
  return unused;
}

static void *writer(void *argument) {
  const int mine = number(argument);
  const int before = LOAD(cells[mine - 1], acquire);
  STORE(cells[mine], before + 1, release);
  return NULL;
}

int main(void) {
  run_one_and_many(reader, writer, N);
  return 0;
}
