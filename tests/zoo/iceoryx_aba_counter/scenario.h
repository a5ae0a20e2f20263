static void *popper(void *unused) {
  uint32_t index;
  (void)pop(&index);
  return unused;
}

static void *pops_and_pushes(void *unused) {
  uint32_t index;
  if (pop(&index)) push(index);
  return unused;
}

int main(void) {
  ZOO_RUN(popper, pops_and_pushes);
  assert(unpack(atomic_load(&head)).aba == 3 && "two changes of the head carry the same counter");
  return 0;
}
