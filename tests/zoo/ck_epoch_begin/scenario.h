static node *deferred;

static void *section(void *unused) {
  epoch_begin();
  const node *seen = atomic_load_explicit(&shared, memory_order_relaxed);
  if (seen != NULL) assert(seen->value == 1);
  epoch_end();
  return unused;
}

static void *reclaimer(void *unused) {
  node *old = atomic_load_explicit(&shared, memory_order_relaxed);
  atomic_store_explicit(&shared, NULL, memory_order_relaxed);
  if (grace_period()) {
    free(old);
  } else {
    deferred = old;
  }
  return unused;
}

int main(void) {
  node *first = malloc(sizeof *first);
  if (first == NULL) abort();
  first->value = 1;
  atomic_store_explicit(&shared, first, memory_order_relaxed);
  ZOO_RUN(section, reclaimer);
  free(deferred);
  return 0;
}
