static _Atomic unsigned word;

static void *sleeper(void *unused) {
  park(&word);
  return unused;
}

static void *waker(void *unused) {
  atomic_store_explicit(&word, 1, memory_order_release);
  unpark();
  return unused;
}

int main(void) {
  ZOO_RUN(sleeper, waker);
  return 0;
}
