/* SPDX-License-Identifier: MIT */
/* salvage.c: the records in a dead lane's bytes. The file is read, not mapped, and every length checked: whoever can
 * write to it must not be able to hurt us, and a file cut short must not be a SIGBUS.
 *
 * Normally the records stand densely from popped to pushed. Where one does not hold, the next that does (nonce,
 * number, checksum) is looked for at each multiple of 8; where even the positions contradict each other, the
 * whole buffer is searched: stale laps are told apart by their numbers. */
#include "recover.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_file(int fd, lf_salvage *out) {
  struct stat st;
  if (fstat(fd, &st) != 0) return errno;
  if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size < sizeof out->identity) return EBADMSG;
  out->bytes = aligned_alloc(LF_LINE, ((size_t)st.st_size + LF_LINE) / LF_LINE * LF_LINE);
  if (out->bytes == NULL) return ENOMEM;
  return lf_files_read_at(fd, out->bytes, (size_t)st.st_size, 0, &out->n);
}

static bool believable(const lf_salvage *s) {
  const lf_lane_identity *i = &s->identity;
  return memcmp(i->magic, LF_LANE_MAGIC, 8) == 0 && i->version == LF_FORMAT_VERSION &&
         i->crc == lf_crc32c(0, (const char *)i + 16, 112) && i->file_bytes > LF_LANE_QUEUE_AT + sizeof(lf_spsc_bytes);
}

static uint64_t word(const lf_salvage *s, size_t at) {
  uint64_t value = 0;
  if (at + 8 <= s->n) memcpy(&value, s->bytes + at, 8);
  return value;
}

static int keep(lf_salvage *s, const lf_record_ref *ref) {
  if (s->refs == s->room) {
    const size_t room = s->room != 0 ? s->room * 2 : 1024;
    lf_record_ref *grown = realloc(s->ref, room * sizeof *grown);
    if (grown == NULL) return ENOMEM;
    s->ref = grown;
    s->room = room;
  }
  s->ref[s->refs++] = *ref;
  return 0;
}

/* The buffer within the bytes that are there; capacity as the file's length says, for a header may lie. */
typedef struct lf_buffer {
  const unsigned char *bytes;
  size_t n; /* bytes that are there */
  uint64_t capacity;
} lf_buffer;

static bool record_at(const lf_salvage *s, const lf_buffer *b, size_t at, uint64_t seq, lf_record_ref *ref,
                      size_t *used) {
  if (at >= b->n || lf_records_scan(b->bytes + at, b->n - at, s->identity.nonce, seq, ref, 1, used) != 1) return false;
  ref->offset = (uint64_t)(b->bytes - s->bytes) + at;
  return true;
}

/* The last number that has been given to an event when this record stands there: a GAP record's own is the next. */
static uint64_t numbered(const lf_record_ref *ref) { return ref->kind == LF_KIND_GAP ? ref->seq - 1 : ref->seq; }

static int walk(lf_salvage *s, const lf_buffer *b, uint64_t popped, uint64_t pushed) {
  uint64_t position = popped, last = 0;
  bool lost = false;
  while ((int64_t)(pushed - position) > 0) {
    const size_t at = (size_t)(position & (b->capacity - 1));
    const uint64_t to_edge = b->capacity - at;
    lf_record_ref ref;
    size_t used;
    if (record_at(s, b, at, lost || last == 0 ? 0 : last + 1, &ref, &used) && ref.seq > last &&
        used <= pushed - position) {
      const int error = keep(s, &ref);
      if (error != 0) return error;
      last = numbered(&ref);
      position += used;
      lost = false;
      continue;
    }
    uint32_t head = 0;
    if (at + 4 <= b->n) memcpy(&head, b->bytes + at, 4);
    if (!lost && lf_record_kind(head) == LF_RECORD_PAD && pushed - position > to_edge) {
      position += to_edge;
      continue;
    }
    s->damaged = true;
    lost = true;
    position += 8;
  }
  return 0;
}

static int by_seq(const void *a, const void *b) {
  const lf_record_ref *x = a, *y = b;
  if (x->seq != y->seq) return x->seq < y->seq ? -1 : 1;
  return (y->kind == LF_KIND_GAP) - (x->kind == LF_KIND_GAP);
}

static int search(lf_salvage *s, const lf_buffer *b) {
  s->damaged = true;
  for (size_t at = 0; at < b->n;) {
    lf_record_ref ref;
    size_t used;
    if (record_at(s, b, at, 0, &ref, &used)) {
      const int error = keep(s, &ref);
      if (error != 0) return error;
      at += used;
    } else {
      at += 8;
    }
  }
  if (s->refs != 0) qsort(s->ref, s->refs, sizeof *s->ref, by_seq);
  size_t kept = 0;
  for (size_t i = 0; i < s->refs; i++) {
    if (kept == 0 || by_seq(&s->ref[kept - 1], &s->ref[i]) != 0) s->ref[kept++] = s->ref[i];
  }
  s->refs = kept;
  return 0;
}

static int find_records(lf_salvage *s) {
  lf_buffer b;
  const size_t from = LF_LANE_QUEUE_AT + sizeof(lf_spsc_bytes);
  b.capacity = s->identity.file_bytes - from;
  b.bytes = s->bytes + from;
  b.n = s->n > from ? s->n - from : 0;
  if (b.n > b.capacity) b.n = (size_t)b.capacity;
  const uint64_t popped = word(s, LF_LANE_QUEUE_AT + offsetof(lf_spsc_bytes, popped));
  const uint64_t pushed = word(s, LF_LANE_QUEUE_AT + offsetof(lf_spsc_bytes, pushed));
  const bool sane = s->n == s->identity.file_bytes && (b.capacity & (b.capacity - 1)) == 0 &&
                    pushed - popped <= b.capacity && pushed % 8 == 0 && popped % 8 == 0;
  /* Nothing readable where something should stand: the positions themselves may be what is damaged. */
  int error = sane ? walk(s, &b, popped, pushed) : 0;
  s->walked = sane && (s->refs != 0 || pushed == popped);
  if (error == 0 && !s->walked) error = search(s, &b);
  return error;
}

static void count(lf_salvage *s, uint64_t through) {
  lf_account *a = &s->account;
  const uint64_t last = s->refs != 0 ? numbered(&s->ref[s->refs - 1]) : 0;
  const uint64_t next = word(s, offsetof(lf_lane_file, next_seq));
  uint32_t inside[2] = {0, 0};
  if (s->n >= offsetof(lf_lane_file, inside) + 8) memcpy(inside, s->bytes + offsetof(lf_lane_file, inside), 8);
  a->lane = s->identity.lane;
  a->process = s->identity.process;
  a->offered = word(s, offsetof(lf_lane_file, offered));
  uint64_t rejected = 0;
  for (size_t i = 0; i < LF_REASONS; i++) {
    a->rejected[i] = word(s, offsetof(lf_lane_file, rejected) + 8 * i);
    rejected += a->rejected[i];
  }
  s->acked = word(s, offsetof(lf_lane_file, acked_seq));
  /* Said to be acknowledged, but still in the lane and in no segment: the word is damaged, not the record. */
  const bool denied = s->walked && s->refs != 0 && s->ref[0].seq <= s->acked && through < s->acked;
  /* So is one beyond what was ever numbered: next itself may be committed, and delivered, and not counted yet. */
  if (denied || (s->acked > next && s->acked > last)) {
    s->acked = denied ? s->ref[0].seq - 1 : 0;
    s->damaged = true;
  }
  a->accepted = last > s->acked ? last : s->acked;
  if (through > a->accepted) a->accepted = through;
  /* Records at the end may be unreadable; their numbers were given out if the counters agree. */
  if (next - 1 > a->accepted && next - 1 <= a->offered && s->damaged) a->accepted = next - 1;
  const uint64_t known = a->accepted + rejected;
  const uint64_t most = (uint64_t)(inside[0] != 0) + inside[1];
  const uint64_t torn = a->offered > known ? a->offered - known : 0;
  a->torn = torn < most ? torn : most;
}

int lf_salvage_lane(int fd, uint64_t through, lf_salvage *out) {
  memset(out, 0, sizeof *out);
  int error = read_file(fd, out);
  if (error != 0) return error;
  memcpy(&out->identity, out->bytes, sizeof out->identity);
  if (!believable(out)) return EBADMSG;
  error = find_records(out);
  if (error != 0) return error;
  count(out, through);
  size_t kept = 0;
  const uint64_t had = through > out->acked ? through : out->acked;
  for (size_t i = 0; i < out->refs; i++) {
    if (out->ref[i].seq > had) out->ref[kept++] = out->ref[i];
  }
  out->refs = kept;
  return 0;
}

void lf_salvage_free(lf_salvage *salvage) {
  free(salvage->bytes);
  free(salvage->ref);
  memset(salvage, 0, sizeof *salvage);
}
