static int done[2];

static void *first(void *unused) {
  done[0] = 1;
  count_down();
  return unused;
}

static void *second(void *unused) {
  done[1] = 1;
  count_down();
  return unused;
}

static void *waiter(void *unused) {
  if (try_wait()) assert(done[0] + done[1] == 2);
  return unused;
}

int main(void) {
  ZOO_RUN(first, second, waiter);
  return 0;
}
