static void *freezer(void *unused) {
  ensure_frozen();
  return unused;
}

static void *dequeuer(void *unused) {
  assert(!looks_empty() && "empty, with two items inside");
  return unused;
}

int main(void) {
  ZOO_RUN(freezer, dequeuer);
  return 0;
}
