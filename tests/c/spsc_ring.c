/* spsc_ring.h: every operation against a plain model at counters about to wrap, hostile memory, and two threads. */
#include <lockfree/spsc_ring.h>

#include "check.h"

enum { MAX_ITEM = 72, MAX_BATCH = 1100 };

/* Item number n is `size` bytes that no other number close to it has. */
static void fill(unsigned char *item, uint64_t n, size_t size) {
  for (size_t i = 0; i < size; i++) item[i] = (unsigned char)((n * 0x9E3779B97F4A7C15ull) >> (i % 8 * 8));
}

static bool holds(const unsigned char *item, uint64_t n, size_t size) {
  unsigned char want[MAX_ITEM];
  fill(want, n, size);
  return memcmp(item, want, size) == 0;
}

/* ---- one thread against the model: items [out, in) are inside ---- */

struct model {
  lf_spsc_ring *ring;
  uint64_t start, in, out;
  size_t capacity, size;
};

static void fill_batch(unsigned char *items, const struct model *m, size_t n) {
  for (size_t i = 0; i < n; i++) fill(items + i * m->size, m->in + i, m->size);
}

static void check_batch(const unsigned char *items, const struct model *m, size_t n) {
  for (size_t i = 0; i < n; i++) CHECK_WITH(holds(items + i * m->size, m->out + i, m->size), m->out + i, m->capacity);
}

static void step(struct model *m, uint64_t *random) {
  static unsigned char items[MAX_BATCH * MAX_ITEM];
  const size_t inside = (size_t)(m->in - m->out), room = m->capacity - inside;
  const size_t n = (size_t)below(random, m->capacity + 3), slots = (size_t)lf_power_of_two_above(m->capacity);
  const size_t in_edge = slots - (size_t)((m->start + m->in) & (slots - 1));
  const size_t out_edge = slots - (size_t)((m->start + m->out) & (slots - 1));
  size_t got = 77, want, used;
  switch (below(random, 10)) {
    case 0:
    case 1:
      fill(items, m->in, m->size);
      CHECK_WITH(lf_spsc_ring_push(m->ring, items) == (room ? LF_OK : LF_FULL), room, m->capacity);
      m->in += room != 0;
      break;
    case 2:
    case 3:
      CHECK_WITH(lf_spsc_ring_pop(m->ring, items) == (inside ? LF_OK : LF_EMPTY), inside, m->capacity);
      if (inside) check_batch(items, m, 1);
      m->out += inside != 0;
      break;
    case 4:
      fill_batch(items, m, n);
      want = n < room ? n : room;
      CHECK_WITH(lf_spsc_ring_push_n(m->ring, items, n) == want, n, room);
      m->in += want;
      break;
    case 5:
      want = n < inside ? n : inside;
      CHECK_WITH(lf_spsc_ring_pop_n(m->ring, items, n) == want, n, inside);
      check_batch(items, m, want);
      m->out += want;
      break;
    case 6: { /* reserve, then commit a part or nothing */
      unsigned char *slots_at = lf_spsc_ring_reserve_n(m->ring, n, &got);
      want = n < room ? n : room;
      if (want > in_edge) want = in_edge;
      CHECK_WITH(got == want && (slots_at != NULL) == (want != 0), got, want);
      if (want == 0) break;
      used = (size_t)below(random, want + 1);
      fill_batch(slots_at, m, used);
      if (used == 0) {
        lf_spsc_ring_abort(m->ring);
      } else {
        lf_spsc_ring_commit_n(m->ring, used);
      }
      m->in += used;
      break;
    }
    case 7: { /* peek, then release a part or nothing */
      const unsigned char *slots_at = lf_spsc_ring_peek_n(m->ring, n, &got);
      want = n < inside ? n : inside;
      if (want > out_edge) want = out_edge;
      CHECK_WITH(got == want && (slots_at != NULL) == (want != 0), got, want);
      check_batch(slots_at, m, want);
      used = (size_t)below(random, want + 1);
      if (used != 0) lf_spsc_ring_release_n(m->ring, used);
      m->out += used;
      break;
    }
    case 8: {
      unsigned char *slot = lf_spsc_ring_reserve(m->ring);
      CHECK_WITH((slot != NULL) == (room != 0), room, m->capacity);
      if (slot == NULL) break;
      fill(slot, m->in++, m->size);
      lf_spsc_ring_commit(m->ring);
      break;
    }
    default: {
      const unsigned char *slot = lf_spsc_ring_peek(m->ring);
      CHECK_WITH((slot != NULL) == (inside != 0), inside, m->capacity);
      if (slot == NULL) break;
      check_batch(slot, m, 1);
      lf_spsc_ring_release(m->ring);
      m->out++;
    }
  }
  CHECK(lf_spsc_ring_count(m->ring) == m->in - m->out);
  CHECK(lf_spsc_ring_pushed(m->ring) == m->start + m->in && lf_spsc_ring_popped(m->ring) == m->start + m->out);
}

static void against_model(size_t capacity, size_t size, uint64_t start, bool strict) {
  const size_t bytes = lf_spsc_ring_size(capacity, size);
  void *memory = aligned_memory(bytes);
  uint64_t random = capacity * 31 + size * 7 + start + 1;
  struct model m = {lf_spsc_ring_init_at(memory, bytes, capacity, size, start), start, 0, 0, capacity, size};
  CHECK_WITH(m.ring != NULL, capacity, size);
  CHECK(lf_spsc_ring_capacity(m.ring) == capacity && lf_spsc_ring_item_size(m.ring) == size);
  CHECK(lf_spsc_ring_attach(memory, bytes) == m.ring);
  lf_spsc_ring_set_strict(m.ring, strict);
  for (uint64_t i = scaled(3000); i > 0; i--) step(&m, &random);

  lf_spsc_ring_close(m.ring);
  size_t got = 77;
  unsigned char item[MAX_ITEM] = {0};
  CHECK(lf_spsc_ring_is_closed(m.ring) && lf_spsc_ring_push(m.ring, item) == LF_CLOSED);
  CHECK(lf_spsc_ring_push_n(m.ring, item, 1) == 0 && lf_spsc_ring_reserve_n(m.ring, 1, &got) == NULL && got == 0);
  for (; m.out < m.in; m.out++) {
    CHECK(lf_spsc_ring_pop(m.ring, item) == LF_OK);
    check_batch(item, &m, 1);
  }
  CHECK(lf_spsc_ring_pop(m.ring, item) == LF_CLOSED && lf_spsc_ring_pop_n(m.ring, item, 1) == 0);
  CHECK(lf_spsc_ring_peek(m.ring) == NULL);
  free(memory);
}

/* ---- what is refused ---- */

static void refusals(void) {
  const size_t bytes = lf_spsc_ring_size(5, 24);
  CHECK(bytes == sizeof(lf_spsc_ring) + (size_t)8 * 24);
  CHECK(lf_spsc_ring_size(0, 8) == 0 && lf_spsc_ring_size(8, 0) == 0);
  CHECK(lf_spsc_ring_size(SIZE_MAX, 1) == 0 && lf_spsc_ring_size(1, SIZE_MAX) == 0);
  CHECK(lf_spsc_ring_size((size_t)1 << 33, (size_t)1 << 33) == 0); /* the product wraps */
  CHECK(lf_spsc_ring_size((size_t)1 << 62, 1) == 0);

  unsigned char *memory = aligned_memory(bytes + LF_LINE);
  CHECK(lf_spsc_ring_init(NULL, bytes, 5, 24) == NULL && lf_spsc_ring_init(memory, bytes - 1, 5, 24) == NULL);
  CHECK(lf_spsc_ring_init(memory + 64, bytes, 5, 24) == NULL && lf_spsc_ring_init(memory, bytes, 0, 24) == NULL);
  lf_spsc_ring *ring = lf_spsc_ring_init(memory, bytes, 5, 24);
  CHECK(ring != NULL && lf_spsc_ring_attach(memory, bytes) == ring);
  CHECK(lf_spsc_ring_attach(NULL, bytes) == NULL && lf_spsc_ring_attach(memory, bytes - 1) == NULL);
  CHECK(lf_spsc_ring_attach(memory, 8) == NULL && lf_spsc_ring_attach(memory + 64, bytes) == NULL);

  const lf_spsc_ring good = *ring;
  uint64_t *fields[] = {&ring->capacity, &ring->mask, &ring->item_size};
  const uint64_t hostile[] = {0, 9, 7777, (uint64_t)1 << 40, UINT64_MAX};
  for (size_t f = 0; f < sizeof fields / sizeof *fields; f++) {
    for (size_t h = 0; h < sizeof hostile / sizeof *hostile; h++) {
      const uint64_t kept = *fields[f];
      *fields[f] = hostile[h];
      /* item_size 9 is smaller, and fits: nothing contradicts it. */
      CHECK_WITH((lf_spsc_ring_attach(memory, bytes) == NULL) == !(f == 2 && hostile[h] == 9), f, hostile[h]);
      *fields[f] = kept;
    }
  }
  ring->magic ^= 1;
  CHECK(lf_spsc_ring_attach(memory, bytes) == NULL);
  ring->magic = good.magic;
  ring->version += 1;
  CHECK(lf_spsc_ring_attach(memory, bytes) == NULL);
  ring->version = good.version;

  /* A peer that writes nonsense into its counter costs answers, never memory. */
  unsigned char item[24] = {0};
  atomic_store_explicit(&ring->popped, (uint64_t)1 << 50, memory_order_relaxed);
  for (int i = 0; i < 5; i++) CHECK(lf_spsc_ring_push(ring, item) == LF_OK); /* what was known to be free */
  CHECK(lf_spsc_ring_push(ring, item) == LF_FULL && lf_spsc_ring_push_n(ring, item, 1) == 0);
  CHECK(lf_spsc_ring_count(ring) <= 5);
  CHECK(lf_spsc_ring_init(memory, bytes, 5, 24) == ring);
  atomic_store_explicit(&ring->pushed, (uint64_t)1 << 50, memory_order_relaxed);
  CHECK(lf_spsc_ring_pop(ring, item) == LF_EMPTY && lf_spsc_ring_peek(ring) == NULL);
  CHECK(lf_spsc_ring_count(ring) <= 5);
  free(memory);
}

/* Whatever stands in the counters, cached ones included, no operation leaves the ring's memory or the caller's. */
static void hostile_counters(void) {
  const size_t bytes = lf_spsc_ring_size(5, 8);
  unsigned char *memory = aligned_memory(bytes);
  uint64_t items[64] = {0};
  uint64_t random = 1;
  for (int round = 0; round < 20000; round++) {
    lf_spsc_ring *ring = lf_spsc_ring_init_at(memory, bytes, 5, 8, 0);
    const uint64_t near = below(&random, 2) ? 32 : UINT64_MAX;
    atomic_store_explicit(&ring->pushed, below(&random, near), memory_order_relaxed);
    atomic_store_explicit(&ring->popped, below(&random, near), memory_order_relaxed);
    ring->popped_seen = below(&random, near);
    ring->pushed_seen = below(&random, near);
    size_t got;
    const size_t n = 1 + (size_t)below(&random, 64);
    CHECK_WITH(lf_spsc_ring_push_n(ring, items, n) <= 5, n, round);
    CHECK_WITH(lf_spsc_ring_pop_n(ring, items, n) <= 5, n, round);
    (void)lf_spsc_ring_push(ring, items);
    (void)lf_spsc_ring_pop(ring, items);
    unsigned char *slots = lf_spsc_ring_reserve_n(ring, n, &got);
    if (slots != NULL) memset(slots, 1, got * 8);
    const unsigned char *front = lf_spsc_ring_peek_n(ring, n, &got);
    if (front != NULL) memcpy(items, front, got * 8);
    CHECK(lf_spsc_ring_count(ring) <= 5);
  }
  free(memory);
}

/* ---- two threads: each item once, in order ---- */

struct race {
  lf_spsc_ring *ring;
  uint64_t items;
};

static void *produce(void *context) {
  struct race *race = context;
  uint64_t batch[8], random = 1, n = 0;
  for (unsigned tries = 0; n < race->items;) {
    const uint64_t left = race->items - n;
    size_t put = 0;
    switch (below(&random, 3)) {
      case 0: put = lf_spsc_ring_push(race->ring, &n) == LF_OK; break;
      case 1:
        for (size_t i = 0; i < 8; i++) batch[i] = n + i;
        put = lf_spsc_ring_push_n(race->ring, batch, left < 8 ? (size_t)left : 8);
        break;
      default: {
        uint64_t *slots = lf_spsc_ring_reserve_n(race->ring, left < 5 ? (size_t)left : 5, &put);
        for (size_t i = 0; i < put; i++) slots[i] = n + i;
        if (put != 0) lf_spsc_ring_commit_n(race->ring, put);
      }
    }
    n += put;
    if (put == 0) breathe(&tries);
  }
  lf_spsc_ring_close(race->ring);
  return NULL;
}

static void *consume(void *context) {
  struct race *race = context;
  uint64_t batch[8], random = 2, n = 0;
  for (unsigned tries = 0;;) {
    size_t got = 0;
    lf_status status = LF_OK;
    const uint64_t *items = batch;
    switch (below(&random, 3)) {
      case 0:
        status = lf_spsc_ring_pop(race->ring, batch);
        got = status == LF_OK;
        break;
      case 1: got = lf_spsc_ring_pop_n(race->ring, batch, 8); break;
      default: items = lf_spsc_ring_peek_n(race->ring, 5, &got);
    }
    for (size_t i = 0; i < got; i++) CHECK_WITH(items[i] == n + i, items[i], n + i);
    if (got != 0 && items != batch) lf_spsc_ring_release_n(race->ring, got);
    n += got;
    if (status == LF_CLOSED) break;
    if (got == 0) breathe(&tries);
  }
  CHECK_WITH(n == race->items, n, race->items);
  return NULL;
}

static void two_threads(size_t capacity, bool strict) {
  const size_t bytes = lf_spsc_ring_size(capacity, 8);
  void *memory = aligned_memory(bytes);
  struct race race = {lf_spsc_ring_init_at(memory, bytes, capacity, 8, UINT64_MAX - 1000), scaled(400000)};
  CHECK(race.ring != NULL);
  lf_spsc_ring_set_strict(race.ring, strict);
  run_both(produce, consume, &race);
  free(memory);
}

int main(void) {
  const size_t capacities[] = {1, 2, 3, 64, 1000}, sizes[] = {1, 4, 8, 24, 64, MAX_ITEM};
  const uint64_t starts[] = {0, UINT64_MAX, UINT64_MAX - 2, UINT64_MAX - 700, UINT32_MAX - (uint64_t)1};
  refusals();
  hostile_counters();
  for (size_t c = 0; c < sizeof capacities / sizeof *capacities; c++) {
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
      for (size_t t = 0; t < sizeof starts / sizeof *starts; t++) {
        against_model(capacities[c], sizes[s], starts[t], (c + s + t) % 2 == 0);
      }
    }
    two_threads(capacities[c], false);
    two_threads(capacities[c], true);
  }
  return 0;
}
