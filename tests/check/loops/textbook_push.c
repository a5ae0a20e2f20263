/* The textbook push: a failed exchange writes what it saw where the node keeps its next, so that a round is no mere wait. */
#include <pthread.h>
#include <stdatomic.h>
struct node {
  struct node *next;
};
static _Atomic(struct node *) list;
static struct node nodes[2];
static void *push(void *argument) {
  struct node *node = argument;
  node->next = atomic_load(&list);
  while (!atomic_compare_exchange_strong(&list, &node->next, node)) continue;
  return NULL;
}
int main(void) {
  pthread_t a, b;
  pthread_create(&a, NULL, push, &nodes[0]);
  pthread_create(&b, NULL, push, &nodes[1]);
  pthread_join(a, NULL);
  pthread_join(b, NULL);
}
