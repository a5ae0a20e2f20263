/* Each single operation does what its name says, at both widths; what is handed over by release and acquire arrives
 * whole, and locks made of read-modify-writes exclude (ThreadSanitizer sees an order that is missing). */
#include <lockfree/atomics.h>

#include "check.h"

#define EACH_RMW(order, s, T)                                                          \
  do {                                                                                 \
    T word = 3, seen = 9;                                                              \
    const T top = (T) ~(T)0;                                                           \
    CHECK(lf_atomic_exchange_##order##_##s(&word, top) == 3 && word == top);           \
    CHECK(lf_atomic_fetch_add_##order##_##s(&word, 6) == top && word == 5);            \
    CHECK(lf_atomic_fetch_add_##order##_##s(&word, (T)(0 - (T)1)) == 5 && word == 4);  \
    CHECK(!lf_atomic_cas_##order##_##s(&word, &seen, 1) && seen == 4 && word == 4);    \
    CHECK(lf_atomic_cas_##order##_##s(&word, &seen, top) && seen == 4 && word == top); \
  } while (0)

#define EACH(s, T)                                                                           \
  do {                                                                                       \
    T word = 7;                                                                              \
    CHECK(lf_atomic_load_relaxed_##s(&word) == 7 && lf_atomic_load_acquire_##s(&word) == 7); \
    CHECK(lf_atomic_load_seq_cst_##s(&word) == 7);                                           \
    lf_atomic_store_relaxed_##s(&word, (T) ~(T)0);                                           \
    CHECK(word == (T) ~(T)0);                                                                \
    lf_atomic_store_release_##s(&word, 2);                                                   \
    CHECK(word == 2);                                                                        \
    lf_atomic_store_seq_cst_##s(&word, 3);                                                   \
    CHECK(word == 3);                                                                        \
    EACH_RMW(relaxed, s, T);                                                                 \
    EACH_RMW(acquire, s, T);                                                                 \
    EACH_RMW(release, s, T);                                                                 \
    EACH_RMW(acq_rel, s, T);                                                                 \
    EACH_RMW(seq_cst, s, T);                                                                 \
  } while (0)

static struct {
  uint64_t rounds;
  uint32_t flag;
  uint64_t open; /* 0: nobody has the first lock */
  uint64_t next; /* the second lock's tickets */
  uint64_t serving;
  uint32_t last; /* the third lock: a word that is exchanged */
  uint64_t guarded[4];
} shared;

static void *give(void *unused) {
  (void)unused;
  unsigned tries = 0;
  for (uint32_t i = 1; i <= shared.rounds; i++) {
    shared.guarded[0] = i;
    lf_atomic_store_release_u32(&shared.flag, 2 * i - 1);
    while (lf_atomic_load_acquire_u32(&shared.flag) != 2 * i) breathe(&tries);
    CHECK_WITH(shared.guarded[1] == i, shared.guarded[1], i);
  }
  return NULL;
}

static void *take(void *unused) {
  (void)unused;
  unsigned tries = 0;
  for (uint32_t i = 1; i <= shared.rounds; i++) {
    while (lf_atomic_load_acquire_u32(&shared.flag) != 2 * i - 1) breathe(&tries);
    CHECK_WITH(shared.guarded[0] == i, shared.guarded[0], i);
    shared.guarded[1] = i;
    CHECK(lf_atomic_exchange_release_u32(&shared.flag, 2 * i) == 2 * i - 1);
  }
  return NULL;
}

static void *exclude(void *unused) {
  (void)unused;
  unsigned tries = 0;
  for (uint64_t i = 0; i < shared.rounds; i++) {
    for (uint64_t seen = 0; !lf_atomic_cas_acquire_u64(&shared.open, &seen, 1); seen = 0) breathe(&tries);
    shared.guarded[1]++;
    lf_atomic_store_release_u64(&shared.open, 0);

    const uint64_t ticket = lf_atomic_fetch_add_relaxed_u64(&shared.next, 1);
    while (lf_atomic_load_acquire_u64(&shared.serving) != ticket) breathe(&tries);
    shared.guarded[2]++;
    (void)lf_atomic_fetch_add_release_u64(&shared.serving, 1);

    while (lf_atomic_exchange_acquire_u32(&shared.last, 1) != 0) breathe(&tries);
    shared.guarded[3]++;
    lf_atomic_store_release_u32(&shared.last, 0);
  }
  return NULL;
}

int main(void) {
  EACH(u32, uint32_t);
  EACH(u64, uint64_t);
  shared.rounds = scaled(50000);
  run_both(give, take, NULL);
  shared.guarded[1] = 0;
  run_both(exclude, exclude, NULL);
  for (int i = 1; i < 4; i++) CHECK_WITH(shared.guarded[i] == 2 * shared.rounds, i, shared.guarded[i]);
  return 0;
}
