/* Independent reads of independent writes; each reader's first load is an acquire, all else seq_cst. */
#include "threads.h"

static atomic_int x, y;

static void *writes_x(void *unused) {
  STORE(x, 1, seq_cst);
  return unused;
}

static void *reads_x_y(void *unused) {
  (void)LOAD(x, acquire);
  (void)LOAD(y, seq_cst);
  return unused;
}

static void *reads_y_x(void *unused) {
  (void)LOAD(y, acquire);
  (void)LOAD(x, seq_cst);
  return unused;
}

static void *writes_y(void *unused) {
  STORE(y, 1, seq_cst);
  return unused;
}

int main(void) {
  RUN(writes_x, reads_x_y, reads_y_x, writes_y);
  return 0;
}
