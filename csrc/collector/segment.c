/* SPDX-License-Identifier: MIT */
/* segment.c: the binary segment: blocks appended to a .part file, a footer and a new name when it is full.
 *
 * Everything before `at` is whole. A write that fails leaves `at` where it was: what it managed to write is cut
 * off, or, if even that fails, overwritten by the next try. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static void part_name(const lf_segment *segment, char out[LF_NAME_BYTES + 8]) {
  snprintf(out, LF_NAME_BYTES + 8, "%s.part", segment->name);
}

/* The lock tells adopters that the file has a writer; one that was quicker than us may have removed the file. */
static bool lock_part(int fd) {
  struct stat st;
  return flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 && st.st_nlink != 0;
}

static int make_part(lf_collector *collector, char part[LF_NAME_BYTES + 8]) {
  lf_segment *segment = &collector->segment;
  const char *end = segment->format == LF_FORMAT_BINARY ? "lfs" : "ndjson";
  for (;; segment->number++) {
    snprintf(segment->name, sizeof segment->name, "%016llx-%08llu.%s", (unsigned long long)collector->process.id,
             (unsigned long long)segment->number, end);
    part_name(segment, part);
    segment->fd = lf_lockfile_open(collector->segments, part, O_WRONLY | O_CREAT | O_EXCL);
    if (segment->fd < 0 && errno == EEXIST) continue;
    if (segment->fd < 0) return errno;
    if (lock_part(segment->fd)) return 0;
    lf_lockfile_close(segment->fd);
    segment->fd = -1;
  }
}

static int open_part(lf_collector *collector) {
  lf_segment *segment = &collector->segment;
  char part[LF_NAME_BYTES + 8];
  int error = make_part(collector, part);
  if (error != 0) return error;
  segment->at = 0;
  segment->serial = segment->number + 1;
  segment->footer.entries = segment->footer.events = 0;
  if (segment->format != LF_FORMAT_BINARY) return 0;
  lf_segment_header header;
  memset(&header, 0, sizeof header);
  memcpy(header.magic, LF_SEGMENT_MAGIC, 8);
  header.process = collector->process.id;
  header.number = segment->number;
  header.wall = lf_clock_now(collector->clock.kind).wall;
  header.crc = lf_crc32c(0, (const char *)&header + 16, sizeof header - 16);
  error = lf_files_write_at(segment->fd, &header, sizeof header, 0);
  if (error != 0) {
    (void)unlinkat(collector->segments, part, 0);
    lf_lockfile_close(segment->fd);
    segment->fd = -1;
    return error;
  }
  segment->at = sizeof header;
  return 0;
}

bool lf_block_holds(const lf_block *block) {
  return block->magic == LF_BLOCK_MAGIC && block->bytes % 8 == 0 && block->type >= LF_BLOCK_LANE &&
         block->type <= LF_BLOCK_FOOTER && block->crc == lf_crc32c(0, (const char *)block + 8, sizeof *block - 8);
}

static void seal(lf_block *block) { block->crc = lf_crc32c(0, (const char *)block + 8, sizeof *block - 8); }

int lf_block_put(int fd, uint64_t *at, lf_block *block, const void *payload, uint32_t len) {
  static const char zeros[8];
  const uint32_t padding = (0u - len) & 7;
  block->magic = LF_BLOCK_MAGIC;
  block->bytes = len + padding;
  block->payload_crc = lf_crc32c(lf_crc32c(0, payload, len), zeros, padding);
  seal(block);
  int error = lf_files_write_at(fd, block, sizeof *block, *at);
  if (error == 0) error = lf_files_write_at(fd, payload, len, *at + sizeof *block);
  if (error == 0) error = lf_files_write_at(fd, zeros, padding, *at + sizeof *block + len);
  if (error == 0) *at += sizeof *block + block->bytes;
  return error;
}

static bool has_kind(const lf_run *run, uint32_t kind) { return run->kinds[kind / 64] >> (kind % 64) & 1; }

static int put_schemas(lf_segment *segment, uint64_t *at, const lf_run *run) {
  lf_schemas *schemas = run->source->schemas;
  const uint32_t count = lf_schemas_count(schemas);
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t kind = LF_KIND_SCHEMA + i;
    if (!has_kind(run, kind) || schemas->entry[i].announced == segment->serial) continue;
    lf_block block;
    memset(&block, 0, sizeof block);
    block.type = LF_BLOCK_SCHEMA;
    block.lane = schemas->process;
    block.count = kind;
    const uint64_t from = *at;
    const int error = lf_block_put(segment->fd, at, &block, schemas->entry[i].text, schemas->entry[i].len);
    if (error != 0) return error;
    schemas->entry[i].announced = segment->serial;
    schemas->entry[i].at = from;
  }
  return 0;
}

static int put_lane(lf_segment *segment, uint64_t *at, lf_source *source) {
  if (source->announced == segment->serial) return 0;
  lf_footer_entry *entry = lf_footer_add(&segment->footer);
  if (entry == NULL) return ENOMEM;
  entry->lane = source->identity.lane;
  entry->process = source->identity.process;
  entry->lane_at = *at;
  lf_block block;
  memset(&block, 0, sizeof block);
  block.type = LF_BLOCK_LANE;
  block.lane = source->identity.lane;
  const int error = lf_block_put(segment->fd, at, &block, &source->identity, sizeof source->identity);
  if (error != 0) return error;
  source->slot = segment->footer.entries - 1;
  source->announced = segment->serial;
  return 0;
}

/* Straight from the lane's mapping: nothing is copied on the way to the kernel. */
static int write_vector(int fd, struct iovec *part, int parts, uint64_t at) {
  while (parts > 0) {
    const ssize_t w = pwritev(fd, part, parts, (off_t)at);
    if (w < 0 && errno == EINTR) continue;
    if (w < 0) return errno;
    if (w == 0) return EIO;
    at += (uint64_t)w;
    size_t done = (size_t)w;
    while (parts > 0 && done >= part->iov_len) {
      done -= part->iov_len;
      part++;
      parts--;
    }
    if (parts > 0) {
      part->iov_base = (char *)part->iov_base + done;
      part->iov_len -= done;
    }
  }
  return 0;
}

static int put_records(lf_segment *segment, uint64_t *at, const lf_run *run, const lf_moment *now) {
  lf_block block;
  memset(&block, 0, sizeof block);
  block.magic = LF_BLOCK_MAGIC;
  block.type = LF_BLOCK_RECORDS;
  block.bytes = run->bytes;
  block.lane = run->source->identity.lane;
  block.first = run->first;
  block.last = run->last;
  block.count = run->count;
  block.min_ticks = run->min_ticks;
  block.max_ticks = run->max_ticks;
  block.ticks = now != NULL ? now->ticks : 0;
  block.wall = now != NULL ? now->wall : 0;
  block.min_wall = lf_clock_wall(&run->source->identity, now, run->min_ticks);
  block.max_wall = lf_clock_wall(&run->source->identity, now, run->max_ticks);
  seal(&block);
  struct iovec parts[3] = {{&block, sizeof block}, run->part[0], run->part[1]};
  const int error = write_vector(segment->fd, parts, run->part[1].iov_len != 0 ? 3 : 2, *at);
  if (error == 0) *at += sizeof block + run->bytes;
  return error;
}

/* The kinds' places in the footer, before anything is written that they will tell of. */
static int name_kinds(lf_segment *segment, const lf_run *run) {
  for (uint32_t kind = 0; kind < LF_KINDS; kind++) {
    if (!has_kind(run, kind)) continue;
    if (lf_footer_event_of(&segment->footer, run->source->schemas->process, kind) < 0) return ENOMEM;
  }
  return 0;
}

typedef struct lf_kind_tally {
  uint64_t count;
  uint64_t min_ticks;
  uint64_t max_ticks;
} lf_kind_tally;

static void tally_part(const struct iovec *part, lf_kind_tally *of) {
  const unsigned char *p = part->iov_base;
  for (size_t at = 0; at < part->iov_len;) {
    lf_event event;
    memcpy(&event, p + at, sizeof event);
    lf_kind_tally *kind = &of[lf_record_kind(event.word)];
    if (kind->count == 0 || event.ticks < kind->min_ticks) kind->min_ticks = event.ticks;
    if (kind->count == 0 || event.ticks > kind->max_ticks) kind->max_ticks = event.ticks;
    kind->count++;
    at += lf_record_bytes(event.word);
  }
}

/* Records of one kind, as they mostly are, are counted without a second look at each. */
static void note_kinds(lf_segment *segment, const lf_run *run, const lf_moment *now) {
  const lf_schemas *schemas = run->source->schemas;
  const lf_lane_identity *lane = &run->source->identity;
  lf_kind_tally of[LF_KINDS];
  uint32_t found = 0;
  for (uint32_t kind = 0; kind < LF_KINDS; kind++) {
    if (!has_kind(run, kind)) continue;
    of[kind] = (lf_kind_tally){run->count + run->gaps, run->min_ticks, run->max_ticks};
    found++;
  }
  if (found > 1) {
    memset(of, 0, sizeof of);
    tally_part(&run->part[0], of);
    tally_part(&run->part[1], of);
  }
  for (uint32_t kind = 0; kind < LF_KINDS; kind++) {
    if (!has_kind(run, kind)) continue;
    lf_footer_event *event = &segment->footer.event[lf_footer_event_of(&segment->footer, schemas->process, kind)];
    lf_footer_count(event, of[kind].count, lf_clock_wall(lane, now, of[kind].min_ticks),
                    lf_clock_wall(lane, now, of[kind].max_ticks));
    if (kind >= LF_KIND_SCHEMA && kind - LF_KIND_SCHEMA < lf_schemas_count(schemas)) {
      event->schema_at = schemas->entry[kind - LF_KIND_SCHEMA].at;
    }
  }
}

/* The footer tells of records only once they are whole. */
static void note(lf_segment *segment, const lf_run *run, const lf_moment *now) {
  lf_footer_entry *entry = &segment->footer.entry[run->source->slot];
  const uint64_t min_wall = lf_clock_wall(&run->source->identity, now, run->min_ticks);
  const uint64_t max_wall = lf_clock_wall(&run->source->identity, now, run->max_ticks);
  note_kinds(segment, run, now);
  if (entry->max_wall == 0 || min_wall < entry->min_wall) entry->min_wall = min_wall;
  if (max_wall > entry->max_wall) entry->max_wall = max_wall;
  if (run->count == 0) return; /* a GAP record alone */
  if (entry->count == 0) entry->first = run->first;
  entry->last = run->last;
  entry->count += run->count;
}

static void undo(lf_segment *segment, lf_run *run, uint32_t runs, uint32_t entries) {
  for (uint32_t i = 0; i < runs; i++) {
    lf_source *source = run[i].source;
    if (source->announced == segment->serial && source->slot >= entries) source->announced = 0;
    for (uint32_t k = 0; k < LF_SCHEMAS_MOST; k++) source->schemas->entry[k].announced = 0;
  }
  segment->footer.entries = entries;
  (void)!ftruncate(segment->fd, (off_t)segment->at);
}

/* Another boot's or machine's ticks can't be paired with this clock. */
static const lf_moment *clock_of(const lf_collector *collector, const lf_run *run, const lf_moment *now) {
  return run->source->schemas->process == collector->process.id ? now : NULL;
}

static int write_blocks(lf_collector *collector, lf_run *run, uint32_t runs, const lf_moment *now, uint64_t *at) {
  lf_segment *segment = &collector->segment;
  int error = 0;
  for (uint32_t i = 0; i < runs && error == 0; i++) {
    error = name_kinds(segment, &run[i]);
    if (error == 0) error = put_lane(segment, at, run[i].source);
    if (error == 0) error = put_schemas(segment, at, &run[i]);
    if (error == 0) error = put_records(segment, at, &run[i], clock_of(collector, &run[i], now));
  }
  return error;
}

int lf_segment_write(lf_collector *collector, lf_run *run, uint32_t runs) {
  lf_segment *segment = &collector->segment;
  int error = segment->fd < 0 ? open_part(collector) : 0;
  if (error != 0) return error;
  const lf_moment now = lf_clock_now(collector->clock.kind);
  const uint32_t entries = segment->footer.entries;
  uint64_t at = segment->at;
  if (segment->format == LF_FORMAT_BINARY) {
    error = write_blocks(collector, run, runs, &now, &at);
  } else {
    for (uint32_t i = 0; i < runs && error == 0; i++) {
      error = lf_ndjson_write(segment, &run[i], clock_of(collector, &run[i], &now), &at);
    }
  }
  if (error != 0) {
    undo(segment, run, runs, entries);
    return error;
  }
  for (uint32_t i = 0; i < runs && segment->format == LF_FORMAT_BINARY; i++) {
    note(segment, &run[i], clock_of(collector, &run[i], &now));
  }
  segment->at = at;
  /* A segment that can't be finished now is finished later: its records are safe. */
  if (segment->at >= collector->segment_bytes) (void)lf_segment_finish(collector, false);
  return 0;
}

int lf_segment_finish(lf_collector *collector, bool sync) {
  lf_segment *segment = &collector->segment;
  if (segment->fd < 0) return 0;
  char part[LF_NAME_BYTES + 8];
  part_name(segment, part);
  int error = 0;
  if (segment->format == LF_FORMAT_BINARY) error = lf_footer_write(segment->fd, segment->at, &segment->footer);
  if (error == 0 && sync && fsync(segment->fd) != 0) error = errno;
  if (error == 0 && renameat(collector->segments, part, collector->segments, segment->name) != 0) error = errno;
  if (error == 0 && sync && fsync(collector->segments) != 0) error = errno;
  if (error != 0) {
    (void)!ftruncate(segment->fd, (off_t)segment->at);
    return error;
  }
  lf_lockfile_close(segment->fd);
  segment->fd = -1;
  segment->number++;
  segment->serial = 0;
  segment->at = 0;
  segment->footer.entries = segment->footer.events = 0;
  return 0;
}
