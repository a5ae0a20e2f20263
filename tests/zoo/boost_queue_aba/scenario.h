/* Node 1 is the queue's stub. One thread pushes and must then find something; the other pushes, pops, and pushes the
 * node that it got back: it never takes more than it has put in. */
static void *pushes_and_pops(void *unused) {
  push(2);
  assert(pop() != NIL && "pushed, and the queue is empty");
  return unused;
}

static void *recycler(void *unused) {
  push(3);
  const unsigned recycled = pop();
  if (recycled != NIL) push(recycled);
  return unused;
}

int main(void) {
  atomic_store(&next[1], tagged(NIL, 1));
  atomic_store(&head, tagged(1, 0));
  atomic_store(&tail, tagged(1, 0));
  ZOO_RUN(pushes_and_pops, recycler);
  return 0;
}
