/* SPDX-License-Identifier: MIT */
/* scan.c: which blocks of a segment are whole, told by their checksums alone. Damage in the middle is stepped over:
 * the next whole block header at a multiple of 8 is looked for. */
#include "recover.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_BYTES (1u << 16)

void lf_scanned_free(lf_scanned *scanned) {
  lf_footer_free(&scanned->footer);
  free(scanned->identity);
  memset(scanned, 0, sizeof *scanned);
}

static int check_head(int fd) {
  lf_segment_header header;
  size_t got;
  const int error = lf_files_read_at(fd, &header, sizeof header, 0, &got);
  if (error != 0) return error;
  if (got != sizeof header || memcmp(header.magic, LF_SEGMENT_MAGIC, 8) != 0) return EBADMSG;
  if (header.version != LF_FORMAT_VERSION) return EBADMSG;
  return header.crc == lf_crc32c(0, (const char *)&header + 16, sizeof header - 16) ? 0 : EBADMSG;
}

static int add_entry(lf_scanned *out, const lf_lane_identity *identity, uint64_t at) {
  for (uint32_t i = 0; i < out->footer.entries; i++) {
    if (out->footer.entry[i].lane == identity->lane) return 0;
  }
  lf_lane_identity *grown = realloc(out->identity, (out->footer.entries + 1) * sizeof *grown);
  if (grown == NULL) return ENOMEM;
  out->identity = grown;
  lf_footer_entry *entry = lf_footer_add(&out->footer);
  if (entry == NULL) return ENOMEM;
  entry->lane = identity->lane;
  entry->process = identity->process;
  entry->lane_at = at;
  out->identity[out->footer.entries - 1] = *identity;
  return 0;
}

static int count_kind(lf_scanned *out, const lf_block *block, const lf_lane_identity *lane, const lf_record_ref *ref) {
  const int64_t i = lf_footer_event_of(&out->footer, lane->process, ref->kind);
  if (i < 0) return ENOMEM;
  const lf_moment pair = {block->ticks, block->wall};
  const uint64_t wall = lf_clock_wall(lane, block->wall != 0 ? &pair : NULL, ref->ticks);
  lf_footer_count(&out->footer.event[i], 1, wall, wall);
  return 0;
}

/* How many of the block's numbered records hold; *whole: nothing else stands in it. */
static int count_records(lf_scanned *out, const lf_block *block, const unsigned char *payload,
                         const lf_lane_identity *lane, uint32_t *holds, uint32_t *gaps, bool *whole) {
  uint64_t last = block->first - 1;
  *holds = *gaps = 0;
  *whole = true;
  for (size_t at = 0; at < block->bytes;) {
    lf_record_ref ref;
    size_t used;
    if (lf_records_scan(payload + at, block->bytes - at, lane->nonce, 0, &ref, 1, &used) == 1 && ref.seq > last &&
        ref.seq <= block->last + (ref.kind == LF_KIND_GAP)) {
      const int error = count_kind(out, block, lane, &ref);
      if (error != 0) return error;
      at += used;
      if (ref.kind == LF_KIND_GAP) {
        ++*gaps;
      } else {
        last = ref.seq;
        ++*holds;
      }
    } else {
      *whole = false;
      at += 8;
    }
  }
  return 0;
}

static void note_hole(lf_scanned *out, uint64_t from, uint64_t to) {
  if (!out->damaged) out->hole_from = from;
  out->damaged = true;
  out->hole_to = to;
}

/* Takes one whole block into account: 0, EBADMSG if its payload does not hold, or an errno. */
static int take(lf_scanned *out, const lf_block *block, const unsigned char *payload, uint64_t at) {
  if (block->type == LF_BLOCK_RECORDS) {
    for (uint32_t i = 0; i < out->footer.entries; i++) {
      lf_footer_entry *entry = &out->footer.entry[i];
      if (entry->lane != block->lane) continue;
      /* A killed writer leaves a block short. A block of full length with a record that does not hold was damaged
       * later, or written so: the others were acknowledged, and it stays. */
      uint32_t holds, gaps;
      bool whole;
      const int error = count_records(out, block, payload, &out->identity[i], &holds, &gaps, &whole);
      if (error != 0) return error;
      if (holds != block->count || !whole) note_hole(out, at, at + sizeof *block + block->bytes);
      if (holds + gaps == 0) return 0;
      if (entry->max_wall == 0 || block->min_wall < entry->min_wall) entry->min_wall = block->min_wall;
      if (block->max_wall > entry->max_wall) entry->max_wall = block->max_wall;
      if (holds == 0) return 0;
      if (entry->count == 0 || block->first < entry->first) entry->first = block->first;
      if (block->last > entry->last) entry->last = block->last;
      entry->count += holds;
      return 0;
    }
    return EBADMSG; /* a lane that was never introduced: its records can't be checked */
  }
  if (lf_crc32c(0, payload, block->bytes) != block->payload_crc) return EBADMSG;
  if (block->type == LF_BLOCK_LANE) {
    if (block->bytes != sizeof(lf_lane_identity)) return EBADMSG;
    lf_lane_identity identity;
    memcpy(&identity, payload, sizeof identity);
    return add_entry(out, &identity, at);
  }
  if (block->type == LF_BLOCK_SCHEMA) {
    const int64_t i = lf_footer_event_of(&out->footer, block->lane, block->count);
    if (i < 0) return ENOMEM;
    if (out->footer.event[i].schema_at == 0) out->footer.event[i].schema_at = at;
  }
  return 0;
}

/* The next whole block header at or after `at`; `size` if there is none. */
static uint64_t look_for_block(int fd, uint64_t at, uint64_t size, unsigned char *buffer) {
  while (at + sizeof(lf_block) <= size) {
    size_t got;
    if (lf_files_read_at(fd, buffer, LOOK_BYTES, at, &got) != 0 || got < sizeof(lf_block)) break;
    for (size_t i = 0; i + sizeof(lf_block) <= got; i += 8) {
      lf_block block;
      memcpy(&block, buffer + i, sizeof block);
      if (lf_block_holds(&block) && block.bytes <= size - at - i - sizeof block) return at + i;
    }
    at += (got - sizeof(lf_block)) / 8 * 8 + 8;
  }
  return size;
}

static int walk(int fd, uint64_t size, lf_scanned *out, unsigned char *look, unsigned char **payload, size_t *room) {
  uint64_t at = sizeof(lf_segment_header);
  bool hole = false;
  uint64_t hole_from = 0;
  out->end = at;
  while (at + sizeof(lf_block) <= size) {
    lf_block block;
    size_t got;
    int error = lf_files_read_at(fd, &block, sizeof block, at, &got);
    if (error != 0) return error;
    if (got != sizeof block || !lf_block_holds(&block) || block.bytes > size - at - sizeof block) {
      if (!hole) hole_from = at;
      hole = true;
      if (got == sizeof block && lf_block_holds(&block))
        out->torn = true; /* its payload is short: the writer was killed */
      at = look_for_block(fd, at + 8, size, look);
      continue;
    }
    if (block.bytes > *room) {
      unsigned char *grown = realloc(*payload, block.bytes);
      if (grown == NULL) return ENOMEM;
      *payload = grown;
      *room = block.bytes;
    }
    error = lf_files_read_at(fd, *payload, block.bytes, at + sizeof block, &got);
    if (error == 0) error = got == block.bytes ? take(out, &block, *payload, at) : EBADMSG;
    if (error != 0 && error != EBADMSG) return error;
    const uint64_t from = at;
    at += sizeof block + block.bytes;
    if (error == EBADMSG) {
      if (!hole) hole_from = from;
      hole = true;
      continue;
    }
    if (hole) note_hole(out, hole_from, from);
    hole = false;
    if (block.type == LF_BLOCK_FOOTER) {
      out->finished = at + 16 == size;
      if (!out->finished) { /* killed between the footer and the file's end: it is written anew */
        out->end = from;
        out->torn = true;
      }
      return 0;
    }
    out->end = at;
  }
  return 0;
}

int lf_scan_segment(int fd, lf_scanned *out) {
  memset(out, 0, sizeof *out);
  struct stat st;
  if (fstat(fd, &st) != 0) return errno;
  int error = check_head(fd);
  if (error != 0) return error;
  unsigned char *look = malloc(LOOK_BYTES), *payload = NULL;
  size_t room = 0;
  error = look == NULL ? ENOMEM : walk(fd, (uint64_t)st.st_size, out, look, &payload, &room);
  free(look);
  free(payload);
  return error;
}

int lf_scan_footer(int fd, lf_scanned *out) {
  memset(out, 0, sizeof *out);
  int error = check_head(fd);
  if (error == 0) error = lf_footer_read(fd, &out->footer);
  out->finished = error == 0;
  if (error != EBADMSG) return error;
  lf_scanned_free(out);
  return lf_scan_segment(fd, out);
}
