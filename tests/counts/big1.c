/* Two readers over four locations, two writers of two each: the larger of the pair. */
#include "threads.h"

static atomic_int x, y, z, w;

static void *long_reader(void *unused) {
  atomic_int *const order[] = {&x, &y, &z, &w, &x, &y, &z, &w};
  for (int i = 0; i < 8; i++) (void)LOAD(*order[i], acquire);
  return unused;
}

static void *short_reader(void *unused) {
  atomic_int *const order[] = {&x, &y, &z, &w, &x, &y};
  for (int i = 0; i < 6; i++) (void)LOAD(*order[i], acquire);
  return unused;
}

static void *writes_x_y(void *unused) {
  for (int i = 1; i <= 3; i++) {
    STORE(x, i, release);
    STORE(y, i, release);
  }
  return unused;
}

static void *writes_z_w(void *unused) {
  for (int i = 1; i <= 3; i++) {
    STORE(z, i, release);
    STORE(w, i, release);
  }
  return unused;
}

int main(void) {
  RUN(long_reader, short_reader, writes_x_y, writes_z_w);
  return 0;
}
