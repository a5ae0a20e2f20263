static int data;

static void *owner(void *unused) {
  data = 1;
  unlock_slow();
  return unused;
}

static void *other(void *unused) {
  if (try_lock()) assert(data == 1);
  return unused;
}

int main(void) {
  ZOO_RUN(owner, other);
  return 0;
}
