static int payload;

static void *poster(void *unused) {
  payload = 7;
  post();
  return unused;
}

static void *waiter(void *unused) {
  wait_slow();
  assert(payload == 7);
  return unused;
}

int main(void) {
  ZOO_RUN(poster, waiter);
  return 0;
}
