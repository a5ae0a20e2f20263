static void *writer(void *unused) {
  relocate();
  return unused;
}

static void *reader(void *unused) {
  assert(contains(KEY) && "a key that was there all the time is missing");
  return unused;
}

int main(void) {
  ZOO_RUN(writer, reader);
  return 0;
}
