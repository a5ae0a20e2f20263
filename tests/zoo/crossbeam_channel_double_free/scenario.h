static void *sender(void *unused) {
  (void)start_send();
  return unused;
}

static void *receiver(void *unused) {
  discard_all_messages();
  return unused;
}

int main(void) {
  ZOO_RUN(sender, sender, receiver);
  drop_channel();
  return 0;
}
