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
  free(scanned->entry);
  free(scanned->nonce);
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

static bool is_block(const lf_block *block) {
  return block->magic == LF_BLOCK_MAGIC && block->bytes % 8 == 0 && block->type >= LF_BLOCK_LANE &&
         block->type <= LF_BLOCK_FOOTER && block->crc == lf_crc32c(0, (const char *)block + 8, sizeof *block - 8);
}

static int add_entry(lf_scanned *out, const lf_lane_identity *identity, uint64_t at) {
  for (uint32_t i = 0; i < out->entries; i++) {
    if (out->entry[i].lane == identity->lane) return 0;
  }
  if (out->entries == out->room) {
    const uint32_t room = out->room != 0 ? out->room * 2 : 64;
    lf_footer_entry *entry = realloc(out->entry, room * sizeof *entry);
    if (entry == NULL) return ENOMEM;
    out->entry = entry;
    uint64_t *nonce = realloc(out->nonce, room * sizeof *nonce);
    if (nonce == NULL) return ENOMEM;
    out->nonce = nonce;
    out->room = room;
  }
  lf_footer_entry *entry = &out->entry[out->entries];
  memset(entry, 0, sizeof *entry);
  entry->lane = identity->lane;
  entry->process = identity->process;
  entry->lane_at = at;
  out->nonce[out->entries++] = identity->nonce;
  return 0;
}

/* How many of the block's records hold. */
static uint32_t count_records(const lf_block *block, const unsigned char *payload, uint64_t nonce) {
  uint64_t last = block->first - 1;
  uint32_t found = 0;
  for (size_t at = 0; at < block->bytes;) {
    lf_record_ref ref;
    size_t used;
    if (lf_records_scan(payload + at, block->bytes - at, nonce, 0, &ref, 1, &used) == 1 && ref.seq > last &&
        ref.seq <= block->last) {
      last = ref.seq;
      found++;
      at += used;
    } else {
      at += 8;
    }
  }
  return found;
}

static void note_hole(lf_scanned *out, uint64_t from, uint64_t to) {
  if (!out->damaged) out->hole_from = from;
  out->damaged = true;
  out->hole_to = to;
}

/* Takes one whole block into account: 0, EBADMSG if its payload does not hold, or an errno. */
static int take(lf_scanned *out, const lf_block *block, const unsigned char *payload, uint64_t at) {
  if (block->type == LF_BLOCK_RECORDS) {
    for (uint32_t i = 0; i < out->entries; i++) {
      lf_footer_entry *entry = &out->entry[i];
      if (entry->lane != block->lane) continue;
      /* A killed writer leaves a block short. A block of full length with a record that does not hold was damaged
       * later, or written so: the others were acknowledged, and it stays. */
      const uint32_t holds = count_records(block, payload, out->nonce[i]);
      if (holds != block->count) note_hole(out, at, at + sizeof *block + block->bytes);
      if (holds == 0) return 0;
      if (entry->count == 0 || block->first < entry->first) entry->first = block->first;
      if (entry->count == 0 || block->min_wall < entry->min_wall) entry->min_wall = block->min_wall;
      if (block->max_wall > entry->max_wall) entry->max_wall = block->max_wall;
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
      if (is_block(&block) && block.bytes <= size - at - i - sizeof block) return at + i;
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
    if (got != sizeof block || !is_block(&block) || block.bytes > size - at - sizeof block) {
      if (!hole) hole_from = at;
      hole = true;
      if (got == sizeof block && is_block(&block)) out->torn = true; /* its payload is short: the writer was killed */
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

static int read_footer(int fd, lf_scanned *out) {
  struct stat st;
  struct {
    uint64_t at;
    char magic[8];
  } end;
  lf_block block;
  size_t got;
  if (fstat(fd, &st) != 0) return errno;
  if ((uint64_t)st.st_size < sizeof(lf_segment_header) + sizeof block + sizeof end) return EBADMSG;
  int error = lf_files_read_at(fd, &end, sizeof end, (uint64_t)st.st_size - sizeof end, &got);
  if (error != 0) return error;
  if (got != sizeof end || memcmp(end.magic, LF_SEGMENT_END, 8) != 0 || end.at >= (uint64_t)st.st_size) return EBADMSG;
  error = lf_files_read_at(fd, &block, sizeof block, end.at, &got);
  if (error != 0) return error;
  if (got != sizeof block || !is_block(&block) || block.type != LF_BLOCK_FOOTER) return EBADMSG;
  if (block.bytes % sizeof(lf_footer_entry) != 0 || block.bytes > (uint64_t)st.st_size - end.at) return EBADMSG;
  out->entry = malloc((size_t)block.bytes + 1);
  if (out->entry == NULL) return ENOMEM;
  error = lf_files_read_at(fd, out->entry, block.bytes, end.at + sizeof block, &got);
  if (error == 0 && (got != block.bytes || lf_crc32c(0, out->entry, got) != block.payload_crc)) error = EBADMSG;
  out->entries = error == 0 ? block.bytes / (uint32_t)sizeof(lf_footer_entry) : 0;
  out->finished = true;
  return error;
}

int lf_scan_footer(int fd, lf_scanned *out) {
  memset(out, 0, sizeof *out);
  int error = check_head(fd);
  if (error == 0) error = read_footer(fd, out);
  if (error != EBADMSG) return error;
  lf_scanned_free(out);
  return lf_scan_segment(fd, out);
}
