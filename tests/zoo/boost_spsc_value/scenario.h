/* The slot of the reader's first value comes back by its second exchange, and is written in the fourth round. */
static void *writer(void *unused) {
  for (int i = 1; i <= 4; i++) write_value(i);
  return unused;
}

static void *reader(void *unused) {
  int value, last = 0;
  for (int i = 0; i < 2; i++) {
    if (read_value(&value)) {
      assert(value > last);
      last = value;
    }
  }
  return unused;
}

int main(void) {
  ZOO_RUN(writer, reader);
  return 0;
}
