static void *kernel(void *unused) {
  __atomic_store_n(&ring.khead, 1, __ATOMIC_RELEASE);
  return unused;
}

static void *application(void *unused) {
  assert(sq_ready() <= 1);
  return unused;
}

int main(void) {
  ZOO_RUN(kernel, application);
  return 0;
}
