static void *writer(void *unused) {
  publish(1);
  return unused;
}

static void *reader(void *unused) {
  int copy[2];
  if (snapshot(copy)) assert(copy[0] == copy[1] && "a torn frame passed for whole");
  return unused;
}

int main(void) {
  ZOO_RUN(writer, reader);
  return 0;
}
