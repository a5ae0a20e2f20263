/* One thread enqueues; the other enqueues two, dequeues two and frees what no hazard pointer protects. */
static node *retired[4];
static int retirements;

static node *make(void) {
  node *made = malloc(sizeof *made);
  if (made == NULL) abort();
  atomic_init(&made->next, NULL);
  return made;
}

static void retire(node *old) {
  if (atomic_load(&hazards[0]) == old || atomic_load(&hazards[1]) == old) {
    retired[retirements++] = old;
  } else {
    free(old);
  }
}

static bool dequeue(void) { /* by one thread only */
  for (;;) {
    node *first = atomic_load(&head);
    node *last = atomic_load(&tail);
    node *next = atomic_load(&first->next);
    if (next == NULL) return false;
    if (first == last) {
      (void)atomic_compare_exchange_strong(&tail, &last, next);
      continue;
    }
    atomic_store(&head, next);
    retire(first);
    return true;
  }
}

static void *enqueuer(void *unused) {
  enqueue(0, make());
  return unused;
}

static void *worker(void *unused) {
  enqueue(1, make());
  enqueue(1, make());
  (void)dequeue();
  (void)dequeue();
  return unused;
}

int main(void) {
  node *stub = make();
  atomic_store(&head, stub);
  atomic_store(&tail, stub);
  ZOO_RUN(enqueuer, worker);
  for (node *each = atomic_load(&head), *next; each != NULL; each = next) {
    next = atomic_load(&each->next);
    free(each);
  }
  for (int i = 0; i < retirements; i++) free(retired[i]);
  return 0;
}
