static void *dropper(void *unused) {
  assert(contents == 1);
  drop_reference();
  return unused;
}

static void *mutator(void *unused) {
  if (is_unique()) contents = 2;
  return unused;
}

int main(void) {
  ZOO_RUN(dropper, mutator);
  return 0;
}
