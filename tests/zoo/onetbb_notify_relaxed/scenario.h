static void *waiter(void *unused) {
  wait_while_locked();
  return unused;
}

static void *owner(void *unused) {
  unlock();
  return unused;
}

int main(void) {
  ZOO_RUN(waiter, owner);
  return 0;
}
