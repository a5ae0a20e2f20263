static void *sender(void *unused) {
  (void)send_into_last_slot();
  return unused;
}

static void *receiver(void *unused) {
  disconnect();
  return unused;
}

int main(void) {
  ZOO_RUN(sender, receiver);
  assert((atomic_load(&tail_index) & MARK) && "disconnected, and nobody will ever know");
  return 0;
}
