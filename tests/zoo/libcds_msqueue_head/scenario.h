static void *enqueuer(void *unused) {
  node *fresh = malloc(sizeof *fresh);
  if (fresh == NULL) abort();
  memset(fresh, 0, sizeof *fresh); /* the constructor */
  enqueue(fresh);
  return unused;
}

static void *dequeuer(void *unused) {
  (void)dequeue();
  return unused;
}

int main(void) {
  ZOO_RUN(enqueuer, dequeuer, dequeuer);
  free(atomic_load(&stub.next));
  return 0;
}
