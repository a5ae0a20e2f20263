static void *sender(void *unused) {
  release(shared, &shared->senders);
  return unused;
}

static void *receiver(void *unused) {
  release(shared, &shared->receivers);
  return unused;
}

int main(void) {
  shared = malloc(sizeof *shared);
  if (shared == NULL) abort();
  atomic_init(&shared->senders, 1);
  atomic_init(&shared->receivers, 1);
  atomic_init(&shared->mark, 0);
  atomic_init(&shared->waiting, 1);
  atomic_init(&shared->destroy, false);
  ZOO_RUN(sender, receiver);
  return 0;
}
