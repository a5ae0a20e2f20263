static int data;

static void *signaller(void *unused) {
  data = 1;
  signal_slow();
  return unused;
}

static void *waiter(void *unused) {
  if (try_wait()) assert(data == 1);
  return unused;
}

int main(void) {
  ZOO_RUN(signaller, waiter);
  return 0;
}
