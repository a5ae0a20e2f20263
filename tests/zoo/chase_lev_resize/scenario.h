/* The second push finds the array of one full. */
static void *owner(void *unused) {
  push(1);
  push(2);
  return unused;
}

static void *thief(void *unused) {
  const int x = steal();
  assert(x == EMPTY || x == 1);
  return unused;
}

int main(void) {
  array *first = make_array(1);
  atomic_store(&items, first);
  ZOO_RUN(owner, thief);
  array *last = atomic_load(&items);
  if (last != first) free(last);
  free(first);
  return 0;
}
