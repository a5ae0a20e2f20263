/* spsc_bytes.h: every operation against a plain model at positions about to wrap, hostile bytes, and two threads. */
#include <lockfree/spsc_bytes.h>

#include "check.h"

enum { MAX_INSIDE = 1 << 14, MAX_LEN = 1 << 16 };

static void fill(unsigned char *payload, uint64_t n, size_t len) {
  for (size_t i = 0; i < len; i++)
    payload[i] = (unsigned char)((n * 0x9E3779B97F4A7C15ull) >> (i % 8 * 8)) ^ (unsigned char)i;
}

static bool holds(const unsigned char *payload, uint64_t n, size_t len) {
  static _Thread_local unsigned char want[MAX_LEN];
  fill(want, n, len);
  return memcmp(payload, want, len) == 0;
}

/* ---- one thread against the model: records [out, in) are inside ---- */

struct model {
  lf_spsc_bytes *queue;
  uint64_t start, pushed, popped; /* bytes, from 0 */
  uint64_t in, out;               /* records */
  size_t capacity, longest;
  struct entry {
    uint32_t len, kind, tag;
    uint64_t before; /* padding in front of it */
  } entries[MAX_INSIDE];
};

static struct entry *entry_of(struct model *m, uint64_t n) { return &m->entries[n % MAX_INSIDE]; }

static uint64_t record_bytes(uint64_t len) { return 8 + (len + 7) / 8 * 8; }

/* Padding in front of a record of this length that comes next after `pushed`. */
static uint64_t padding(const struct model *m, uint64_t pushed, size_t len) {
  const uint64_t to_edge = m->capacity - (m->start + pushed) % m->capacity;
  return record_bytes(len) > to_edge ? to_edge : 0;
}

static lf_status expected(const struct model *m, size_t len) {
  if (len > m->longest) return LF_TOO_BIG;
  return m->pushed + padding(m, m->pushed, len) + record_bytes(len) - m->popped <= m->capacity ? LF_OK : LF_FULL;
}

static void went_in(struct model *m, size_t reserved, size_t len, uint32_t kind, uint32_t tag) {
  const struct entry entry = {(uint32_t)len, kind, tag, padding(m, m->pushed, reserved)};
  *entry_of(m, m->in++) = entry;
  m->pushed += entry.before + record_bytes(len);
  CHECK(m->in - m->out < MAX_INSIDE);
}

static void came_out(struct model *m, const unsigned char *payload, size_t len) {
  const struct entry *entry = entry_of(m, m->out);
  CHECK_WITH(len == entry->len, len, entry->len);
  CHECK_WITH(holds(payload, m->out, len), m->out, len);
  m->popped += entry->before + record_bytes(len);
  m->out++;
}

/* All records up to the edge, read where they lie. */
static void walk_span(struct model *m, uint64_t *random) {
  size_t nbytes = 77;
  const unsigned char *span = lf_spsc_bytes_peek_span(m->queue, &nbytes);
  CHECK_WITH((span != NULL) == (m->in != m->out) && (span != NULL) == (nbytes != 0), m->in, nbytes);
  const size_t stop = (size_t)below(random, nbytes + 1);
  size_t at = 0;
  while (at < nbytes && at < stop) {
    const lf_record *record = (const lf_record *)(const void *)(span + at);
    if (lf_record_kind(record->word) == LF_RECORD_PAD) {
      CHECK_WITH(nbytes - at == entry_of(m, m->out)->before, nbytes - at, entry_of(m, m->out)->before);
      entry_of(m, m->out)->before = 0;
      m->popped += nbytes - at;
      at = nbytes;
    } else {
      CHECK(lf_record_kind(record->word) == entry_of(m, m->out)->kind && record->tag == entry_of(m, m->out)->tag);
      came_out(m, span + at + sizeof *record, lf_record_len(record->word));
      at += lf_record_bytes(record->word);
    }
  }
  CHECK_WITH(at <= nbytes, at, nbytes);
  if (at != 0) lf_spsc_bytes_release_span(m->queue, at);
}

static void step(struct model *m, uint64_t *random) {
  static unsigned char payload[8 * MAX_LEN];
  const bool inside = m->in != m->out;
  const size_t len = (size_t)below(random, below(random, 4) == 0 ? m->longest + 2 : m->longest / 4 + 2);
  uint32_t lens[8] = {0};
  size_t got = 77;
  void *room;
  switch (below(random, 8)) {
    case 0:
    case 1: {
      const lf_status want = expected(m, len);
      fill(payload, m->in, len);
      CHECK_WITH(lf_spsc_bytes_push(m->queue, payload, len) == want, len, want);
      if (want == LF_OK) went_in(m, len, len, 0, 0);
      break;
    }
    case 2: { /* several at once: they appear together */
      struct model before = {.queue = NULL};
      size_t bytes = 0, want = 0, n = (size_t)below(random, 9);
      for (size_t i = 0; i < n; i++) {
        lens[i] = (uint32_t)below(random, m->longest / 8 + 2);
        fill(payload + bytes, m->in + i, lens[i]);
        bytes += lens[i];
      }
      before.start = m->start, before.capacity = m->capacity, before.longest = m->longest;
      before.pushed = m->pushed, before.popped = m->popped;
      while (want < n && expected(&before, lens[want]) == LF_OK) {
        before.pushed += padding(&before, before.pushed, lens[want]) + record_bytes(lens[want]);
        want++;
      }
      got = lf_spsc_bytes_push_n(m->queue, payload, lens, n);
      CHECK_WITH(got == want, got, want);
      for (size_t i = 0; i < got; i++) went_in(m, lens[i], lens[i], 0, 0);
      break;
    }
    case 3: { /* reserve, then commit as much, less, or nothing */
      const lf_status want = expected(m, len);
      CHECK_WITH(lf_spsc_bytes_reserve(m->queue, len, &room) == want, len, want);
      CHECK((room != NULL) == (want == LF_OK));
      if (want != LF_OK) break;
      memset(room, 0xEE, len);
      const size_t used = (size_t)below(random, len + 1);
      const uint32_t kind = (uint32_t)below(random, LF_RECORD_PAD), tag = (uint32_t)next_random(random);
      fill(room, m->in, used);
      switch (below(random, 3)) {
        case 0: lf_spsc_bytes_abort(m->queue); break;
        case 1:
          lf_spsc_bytes_commit(m->queue, used);
          went_in(m, len, used, 0, 0);
          break;
        default: lf_spsc_bytes_commit_as(m->queue, used, kind, tag); went_in(m, len, used, kind, tag);
      }
      break;
    }
    case 4: {
      lf_status want = inside ? LF_OK : LF_EMPTY;
      size_t limit = MAX_LEN;
      if (inside && entry_of(m, m->out)->len != 0 && below(random, 3) == 0) { /* too little room takes nothing */
        limit = entry_of(m, m->out)->len - 1;
        want = LF_TOO_BIG;
      }
      CHECK_WITH(lf_spsc_bytes_pop(m->queue, payload, limit, &got) == want, want, m->out);
      if (want == LF_TOO_BIG) CHECK(got == entry_of(m, m->out)->len);
      if (want == LF_EMPTY) CHECK(got == 0);
      if (want == LF_OK) came_out(m, payload, got);
      break;
    }
    case 5: {
      const size_t limit = (size_t)below(random, 2 * m->longest + 2), n = (size_t)below(random, 9);
      size_t want = 0, bytes = 0;
      while (want < n && m->out + want < m->in && bytes + entry_of(m, m->out + want)->len <= limit) {
        bytes += entry_of(m, m->out + want)->len;
        want++;
      }
      CHECK_WITH(lf_spsc_bytes_pop_n(m->queue, payload, limit, lens, n) == want, n, want);
      bytes = 0;
      for (size_t i = 0; i < want; i++) {
        came_out(m, payload + bytes, lens[i]);
        bytes += lens[i];
      }
      break;
    }
    case 6: {
      const lf_record *record;
      CHECK(lf_spsc_bytes_peek(m->queue, &record) == (inside ? LF_OK : LF_EMPTY) && (record != NULL) == inside);
      if (!inside) break;
      CHECK(lf_record_kind(record->word) == entry_of(m, m->out)->kind && record->tag == entry_of(m, m->out)->tag);
      if (below(random, 4) == 0) break;
      came_out(m, (const unsigned char *)(record + 1), lf_record_len(record->word));
      lf_spsc_bytes_release(m->queue);
      break;
    }
    default: walk_span(m, random);
  }
  CHECK_WITH(lf_spsc_bytes_used(m->queue) == m->pushed - m->popped, lf_spsc_bytes_used(m->queue),
             m->pushed - m->popped);
  CHECK(lf_spsc_bytes_pushed(m->queue) == m->start + m->pushed &&
        lf_spsc_bytes_popped(m->queue) == m->start + m->popped);
}

static void against_model(size_t nbytes, uint64_t start, bool strict) {
  static struct model m;
  const size_t bytes = lf_spsc_bytes_size(nbytes);
  void *memory = aligned_memory(bytes);
  uint64_t random = nbytes * 31 + start + 1;
  memset(&m, 0, sizeof m);
  m.queue = lf_spsc_bytes_init_at(memory, bytes, nbytes, start);
  CHECK_WITH(m.queue != NULL && lf_spsc_bytes_attach(memory, bytes) == m.queue, nbytes, start);
  m.start = start & ~(uint64_t)7;
  m.capacity = lf_spsc_bytes_capacity(m.queue);
  m.longest = lf_spsc_bytes_max_record(m.queue);
  CHECK(m.capacity >= nbytes && m.capacity >= 64 && (m.capacity & (m.capacity - 1)) == 0);
  lf_spsc_bytes_set_strict(m.queue, strict);
  for (uint64_t i = scaled(20000); i > 0; i--) step(&m, &random);

  lf_spsc_bytes_close(m.queue);
  static unsigned char payload[MAX_LEN];
  const uint32_t one = 1;
  void *room;
  size_t len;
  CHECK(lf_spsc_bytes_is_closed(m.queue) && lf_spsc_bytes_push(m.queue, payload, 1) == LF_CLOSED);
  CHECK(lf_spsc_bytes_push_n(m.queue, payload, &one, 1) == 0);
  CHECK(lf_spsc_bytes_reserve(m.queue, 1, &room) == LF_CLOSED && room == NULL);
  while (m.out < m.in) {
    CHECK(lf_spsc_bytes_pop(m.queue, payload, sizeof payload, &len) == LF_OK);
    came_out(&m, payload, len);
  }
  const lf_record *record;
  CHECK(lf_spsc_bytes_pop(m.queue, payload, sizeof payload, &len) == LF_CLOSED && len == 0);
  CHECK(lf_spsc_bytes_peek(m.queue, &record) == LF_CLOSED && record == NULL);
  free(memory);
}

/* The longest record fits an empty buffer at every position, and what is inside is never overwritten. */
static void longest_fits_everywhere(void) {
  const size_t bytes = lf_spsc_bytes_size(256);
  void *memory = aligned_memory(bytes);
  for (uint64_t start = 0; start < 256; start += 8) {
    lf_spsc_bytes *queue = lf_spsc_bytes_init_at(memory, bytes, 256, start - 128);
    unsigned char in[256], out[256];
    size_t len;
    CHECK(lf_spsc_bytes_max_record(queue) == 120);
    fill(in, start, 120);
    CHECK_WITH(lf_spsc_bytes_push(queue, in, 120) == LF_OK, start, 120);
    CHECK(lf_spsc_bytes_pop(queue, out, sizeof out, &len) == LF_OK && len == 120 && holds(out, start, 120));
    CHECK(lf_spsc_bytes_push(queue, in, 121) == LF_TOO_BIG);
  }
  free(memory);
}

/* ---- what is refused ---- */

static void refusals(void) {
  const size_t bytes = lf_spsc_bytes_size(100);
  CHECK(bytes == sizeof(lf_spsc_bytes) + 128 && lf_spsc_bytes_size(0) == sizeof(lf_spsc_bytes) + 64);
  CHECK(lf_spsc_bytes_size(SIZE_MAX) == 0 && lf_spsc_bytes_size(((size_t)1 << 46) + 1) == 0);
  unsigned char *memory = aligned_memory(bytes + LF_LINE);
  CHECK(lf_spsc_bytes_init(NULL, bytes, 100) == NULL && lf_spsc_bytes_init(memory, bytes - 1, 100) == NULL);
  CHECK(lf_spsc_bytes_init(memory + 64, bytes, 100) == NULL && lf_spsc_bytes_init(memory, bytes, SIZE_MAX) == NULL);
  lf_spsc_bytes *queue = lf_spsc_bytes_init(memory, bytes, 100);
  CHECK(queue != NULL && lf_spsc_bytes_attach(memory, bytes) == queue);
  CHECK(lf_spsc_bytes_attach(NULL, bytes) == NULL && lf_spsc_bytes_attach(memory, bytes - 1) == NULL);
  CHECK(lf_spsc_bytes_attach(memory, 8) == NULL && lf_spsc_bytes_attach(memory + 64, bytes) == NULL);
  uint64_t *fields[] = {&queue->capacity, &queue->max_record};
  const uint64_t hostile[] = {127, 129, 256, (uint64_t)1 << 40, UINT64_MAX};
  for (size_t f = 0; f < 2; f++) {
    for (size_t h = 0; h < sizeof hostile / sizeof *hostile; h++) {
      const uint64_t kept = *fields[f];
      *fields[f] = hostile[h];
      CHECK_WITH(lf_spsc_bytes_attach(memory, bytes) == NULL, f, hostile[h]);
      *fields[f] = kept;
    }
  }
  queue->magic ^= 1;
  CHECK(lf_spsc_bytes_attach(memory, bytes) == NULL);
  queue->magic ^= 1;
  queue->version ^= 1;
  CHECK(lf_spsc_bytes_attach(memory, bytes) == NULL);
  free(memory);
}

/* A peer that writes nonsense costs an answer, never memory outside the buffer. */
static void hostile_bytes(void) {
  const size_t bytes = lf_spsc_bytes_size(128);
  void *memory = aligned_memory(bytes);
  unsigned char payload[256] = {0};
  size_t len;
  const lf_record *record;
  const uint32_t words[] = {100, 25, LF_RECORD_MAX, LF_RECORD_PAD << 24, UINT32_MAX};
  for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
    lf_spsc_bytes *queue = lf_spsc_bytes_init(memory, bytes, 128);
    CHECK(lf_spsc_bytes_push(queue, payload, 24) == LF_OK);
    lf_spsc_bytes_at_(queue, 0)->word = words[w];
    CHECK_WITH(lf_spsc_bytes_pop(queue, payload, sizeof payload, &len) == LF_CORRUPT && len == 0, w, len);
    CHECK(lf_spsc_bytes_peek(queue, &record) == LF_CORRUPT && record == NULL);
    uint32_t lens[2];
    CHECK(lf_spsc_bytes_pop_n(queue, payload, sizeof payload, lens, 2) == 0);
    lf_spsc_bytes_release(queue); /* nothing shown, nothing released */
    CHECK(lf_spsc_bytes_popped(queue) == 0);
  }
  const uint64_t positions[] = {12, (uint64_t)1 << 50, UINT64_MAX, 136};
  for (size_t p = 0; p < sizeof positions / sizeof *positions; p++) {
    lf_spsc_bytes *queue = lf_spsc_bytes_init(memory, bytes, 128);
    atomic_store_explicit(&queue->pushed, positions[p], memory_order_relaxed);
    CHECK_WITH(lf_spsc_bytes_pop(queue, payload, sizeof payload, &len) == LF_EMPTY, positions[p], len);
    CHECK(lf_spsc_bytes_peek_span(queue, &len) == NULL && len == 0 && lf_spsc_bytes_used(queue) <= 128);
  }
  free(memory);
}

/* Whatever stands in the positions, cached ones included, no operation leaves the queue's memory or the caller's. */
static void hostile_positions(void) {
  const size_t bytes = lf_spsc_bytes_size(128);
  void *memory = aligned_memory(bytes);
  unsigned char payload[256] = {0};
  uint64_t random = 1;
  for (int round = 0; round < 20000; round++) {
    lf_spsc_bytes *queue = lf_spsc_bytes_init(memory, bytes, 128);
    const uint64_t near = below(&random, 2) ? 300 : UINT64_MAX;
    atomic_store_explicit(&queue->pushed, below(&random, near), memory_order_relaxed);
    atomic_store_explicit(&queue->popped, below(&random, near), memory_order_relaxed);
    queue->popped_seen = below(&random, near);
    queue->pushed_seen = below(&random, near);
    queue->reserved = below(&random, near);
    uint32_t lens[4] = {1, 24, 56, 9};
    size_t len;
    const lf_record *record;
    (void)lf_spsc_bytes_push_n(queue, payload, lens, 4);
    (void)lf_spsc_bytes_push(queue, payload, (size_t)below(&random, 57));
    lf_spsc_bytes_commit(queue, 0);
    if (lf_spsc_bytes_peek(queue, &record) == LF_OK) memcpy(payload, record + 1, lf_record_len(record->word));
    const unsigned char *span = lf_spsc_bytes_peek_span(queue, &len);
    if (span != NULL) memcpy(payload, span, len);
    (void)lf_spsc_bytes_pop(queue, payload, sizeof payload, &len);
    (void)lf_spsc_bytes_pop_n(queue, payload, sizeof payload, lens, 4);
    lf_spsc_bytes_release(queue);
    CHECK_WITH(lf_spsc_bytes_used(queue) <= 128, near, round);
  }
  free(memory);
}

/* ---- two threads: each record once, in order, whole ---- */

struct race {
  lf_spsc_bytes *queue;
  uint64_t records;
};

static size_t length_of(uint64_t n, size_t longest) { return (size_t)(n * 2654435761u % (longest + 1)); }

static void *produce(void *context) {
  struct race *race = context;
  static unsigned char payload[MAX_LEN];
  const size_t longest = lf_spsc_bytes_max_record(race->queue);
  uint64_t random = 1;
  unsigned tries = 0;
  for (uint64_t n = 0; n < race->records;) {
    const size_t len = length_of(n, longest);
    void *room;
    lf_status status;
    if (below(&random, 2) == 0) {
      fill(payload, n, len);
      status = lf_spsc_bytes_push(race->queue, payload, len);
    } else if ((status = lf_spsc_bytes_reserve(race->queue, len, &room)) == LF_OK) {
      fill(room, n, len);
      lf_spsc_bytes_commit_as(race->queue, len, (uint32_t)(n % LF_RECORD_PAD), (uint32_t)n);
    }
    CHECK(status == LF_OK || status == LF_FULL);
    n += status == LF_OK;
    if (status == LF_FULL) breathe(&tries);
  }
  lf_spsc_bytes_close(race->queue);
  return NULL;
}

static void *consume(void *context) {
  struct race *race = context;
  static unsigned char payload[MAX_LEN];
  const size_t longest = lf_spsc_bytes_max_record(race->queue);
  uint64_t random = 2, n = 0;
  unsigned tries = 0;
  for (;;) {
    lf_status status;
    size_t len;
    if (below(&random, 2) == 0) {
      status = lf_spsc_bytes_pop(race->queue, payload, sizeof payload, &len);
      if (status == LF_OK) CHECK_WITH(len == length_of(n, longest) && holds(payload, n, len), n, len);
    } else {
      const lf_record *record;
      status = lf_spsc_bytes_peek(race->queue, &record);
      if (status == LF_OK) {
        len = lf_record_len(record->word);
        CHECK_WITH(len == length_of(n, longest) && holds((const unsigned char *)(record + 1), n, len), n, len);
        lf_spsc_bytes_release(race->queue);
      }
    }
    if (status == LF_CLOSED) break;
    CHECK_WITH(status == LF_OK || status == LF_EMPTY, status, n);
    n += status == LF_OK;
    if (status == LF_EMPTY) breathe(&tries);
  }
  CHECK_WITH(n == race->records, n, race->records);
  return NULL;
}

static void two_threads(size_t nbytes, bool strict) {
  const size_t bytes = lf_spsc_bytes_size(nbytes);
  void *memory = aligned_memory(bytes);
  struct race race = {lf_spsc_bytes_init_at(memory, bytes, nbytes, UINT64_MAX - 5000), scaled(300000)};
  CHECK(race.queue != NULL);
  lf_spsc_bytes_set_strict(race.queue, strict);
  run_both(produce, consume, &race);
  free(memory);
}

int main(void) {
  const size_t sizes[] = {1, 64, 100, 1000, 1 << 14};
  const uint64_t starts[] = {0, 7, UINT64_MAX, UINT64_MAX - 40, UINT64_MAX - 3000, UINT32_MAX - (uint64_t)100};
  refusals();
  hostile_bytes();
  hostile_positions();
  longest_fits_everywhere();
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    for (size_t t = 0; t < sizeof starts / sizeof *starts; t++) against_model(sizes[s], starts[t], (s + t) % 2 == 0);
    if (sizes[s] <= 1000) two_threads(sizes[s], s % 2 == 0);
  }
  return 0;
}
