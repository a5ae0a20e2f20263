static message messages[2];

static void *first(void *unused) {
  push(&messages[0]);
  return unused;
}

static void *second(void *unused) {
  push(&messages[1]);
  return unused;
}

int main(void) {
  ZOO_RUN(first, second);
  int found = 0;
  for (message *each = atomic_load(&stub.next); each != NULL; each = atomic_load(&each->next)) found++;
  assert(found == 2 && "a message was pushed and cannot be reached");
  return 0;
}
