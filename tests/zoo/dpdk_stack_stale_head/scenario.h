/* One thread pops two of three; the other pops one and puts it to another use, which ends it with NIL. */
static void *pops_two(void *unused) {
  (void)pop(2);
  return unused;
}

static void *pops_one_and_uses_it(void *unused) {
  const unsigned mine = pop(1);
  if (mine != NIL) atomic_store(&next[mine], NIL);
  return unused;
}

int main(void) {
  atomic_store(&next[C], B);
  atomic_store(&next[B], A);
  atomic_store(&head, C);
  atomic_store(&length, 3);
  ZOO_RUN(pops_two, pops_one_and_uses_it);
  return 0;
}
