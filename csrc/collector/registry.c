/* SPDX-License-Identifier: MIT */
/* registry.c: the collectors of this process, for threads that end and for fork. */
#include "internal.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static lf_collector *first;

uint64_t lf_registry_id(void) {
  static LF_ATOMIC(uint64_t) last;
  /* relaxed: only has to differ */
  return atomic_fetch_add_explicit(&last, 1u, memory_order_relaxed) + 1;
}

void lf_registry_add(lf_collector *collector) {
  pthread_mutex_lock(&lock);
  collector->next = first;
  first = collector;
  pthread_mutex_unlock(&lock);
}

void lf_registry_remove(lf_collector *collector) {
  pthread_mutex_lock(&lock);
  for (lf_collector **at = &first; *at != NULL; at = &(*at)->next) {
    if (*at == collector) {
      *at = collector->next;
      break;
    }
  }
  pthread_mutex_unlock(&lock);
}

void lf_registry_forked(void (*visit)(lf_collector *, void *)) {
  pthread_mutex_init(&lock, NULL);
  for (lf_collector *at = first; at != NULL; at = at->next) visit(at, NULL);
}

void lf_registry_each(void (*visit)(lf_collector *, void *), void *context) {
  pthread_mutex_lock(&lock);
  for (lf_collector *at = first; at != NULL; at = at->next) visit(at, context);
  pthread_mutex_unlock(&lock);
}
