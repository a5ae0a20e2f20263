/* A pop against a batch pop that gives one of the two entries back: the other stays with its taker. */
static unsigned popped, kept;

static void *popper(void *unused) {
  popped = pop();
  return unused;
}

static void *batcher(void *unused) {
  if (batch_pop() == A) {
    kept = atomic_load(&next[A]);
    push(A);
  }
  return unused;
}

int main(void) {
  push(B);
  push(A);
  ZOO_RUN(popper, batcher);
  const unsigned first = index_of(atomic_load(&stack));
  assert((kept == NIL || (first != kept && popped != kept)) && "an entry has two owners");
  return 0;
}
