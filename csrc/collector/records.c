/* SPDX-License-Identifier: MIT */
/* records.c: which bytes are a record of a lane. Pure functions over memory that nobody has to trust: each length
 * is checked before it is used, and nothing is read twice. */
#include "internal.h"

static uint32_t salted_crc(uint32_t salt, uint32_t word, uint64_t seq, uint64_t ticks, const void *payload) {
  unsigned char head[20];
  memcpy(head, &word, 4);
  memcpy(head + 4, &seq, 8);
  memcpy(head + 12, &ticks, 8);
  const uint32_t crc = lf_crc32c(salt, head, sizeof head);
  const uint32_t len = lf_record_len(word);
  return len > 16 ? lf_crc32c(crc, payload, len - 16) : crc;
}

uint32_t lf_record_crc(uint64_t nonce, uint32_t word, uint64_t seq, uint64_t ticks, const void *payload) {
  return salted_crc(lf_crc32c(0, &nonce, 8), word, seq, ticks, payload);
}

size_t lf_records_scan(const void *bytes, size_t n, uint64_t nonce, uint64_t seq, lf_record_ref *out, size_t most,
                       size_t *used) {
  const unsigned char *p = bytes;
  const uint32_t salt = lf_crc32c(0, &nonce, 8);
  size_t at = 0, found = 0;
  while (found < most && n - at >= sizeof(lf_event)) {
    lf_event event;
    memcpy(&event, p + at, sizeof event);
    const uint32_t len = lf_record_len(event.word);
    if (len < 16 || lf_record_kind(event.word) == LF_RECORD_PAD || lf_record_bytes(event.word) > n - at) break;
    if (event.seq == 0 || (seq != 0 && event.seq != seq)) break;
    if (salted_crc(salt, event.word, event.seq, event.ticks, p + at + sizeof event) != event.crc) break;
    lf_record_ref *ref = &out[found++];
    ref->seq = event.seq;
    ref->ticks = event.ticks;
    ref->offset = at + sizeof event;
    ref->len = len - 16;
    ref->kind = lf_record_kind(event.word);
    at += lf_record_bytes(event.word);
    seq = event.seq + (ref->kind != LF_KIND_GAP);
  }
  *used = at;
  return found;
}
