/* SPDX-License-Identifier: MIT */
/* recover.c: adopts what dead processes left: finishes their segments, delivers what was pending in their lanes,
 * folds their counters into the ledger, removes their files. Killed at any step, the next one starts anew and
 * arrives at the same: what has been delivered is told by the segments, and what is removed was folded before.
 * It never refuses: what can't be read is kept in quarantine/, what can't be written stays for the next open. */
#include "recover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define RUN_BYTES (1u << 20)

/* Another adopter may be stopped, and must not stop us for ever. */
static int take_adopt_lock(lf_collector *collector, int tries) {
  const int fd = lf_lockfile_open(collector->dir, "adopt.lock", O_RDWR | O_CREAT);
  if (fd < 0) return -1;
  for (int i = 0; i <= tries; i++) {
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
    if (i == tries) break;
    const struct timespec pause = {0, 10000000};
    nanosleep(&pause, NULL);
  }
  lf_lockfile_close(fd);
  errno = EWOULDBLOCK;
  return -1;
}

/* Neighbours in the buffer with neighbouring numbers make one run. */
static size_t next_run(const lf_salvage *s, size_t from, lf_source *source, lf_run *run) {
  memset(run, 0, sizeof *run);
  run->source = source;
  unsigned char *start = s->bytes + s->ref[from].offset;
  uint64_t expected = s->ref[from].seq;
  size_t i = from, bytes = 0;
  for (; i < s->refs && bytes < RUN_BYTES; i++) {
    if (s->ref[i].seq != expected || s->bytes + s->ref[i].offset != start + bytes) break;
    uint32_t word;
    memcpy(&word, start + bytes, 4);
    const size_t size = lf_record_bytes(word);
    if (lf_run_take(run, start + bytes, size, &expected, size) != size) break;
    bytes += size;
  }
  run->part[0].iov_base = start;
  run->part[0].iov_len = bytes;
  return i - from;
}

static int deliver(lf_collector *collector, const lf_salvage *s, lf_source *source, uint64_t *delivered) {
  for (size_t i = 0; i < s->refs;) {
    lf_run run;
    const size_t taken = next_run(s, i, source, &run);
    if (taken == 0) return EBADMSG;
    const int error = lf_segment_write(collector, &run, 1);
    if (error != 0) return error;
    *delivered += run.count;
    i += taken;
  }
  /* The lane may lie on a disk too: its removal must not outlive the records' arrival. */
  if (s->refs != 0 && collector->segment.fd >= 0 && fsync(collector->segment.fd) != 0) return errno;
  return 0;
}

static int adopt_records(lf_collector *collector, const lf_dead_lane *lane, lf_salvage *s, lf_schemas *schemas) {
  lf_source *source = calloc(1, sizeof *source);
  if (source == NULL) return ENOMEM;
  source->identity = s->identity;
  source->schemas = schemas;
  uint64_t delivered = 0;
  int error = deliver(collector, s, source, &delivered);
  free(source);
  if (error != 0) return error;
  lf_account *a = &s->account;
  /* Numbers are dense; a segment may have more than the lane was told, because its drain was killed in between. */
  a->delivered = (lane->through > s->acked ? lane->through : s->acked) + delivered;
  a->corrupt = a->accepted > a->delivered ? a->accepted - a->delivered : 0;
  return a->offered != 0 || a->accepted != 0 ? lf_ledger_append(collector->dir, a) : 0;
}

static int adopt_lane(lf_collector *collector, const lf_dead_lane *lane, lf_schemas *schemas) {
  lf_salvage s;
  const int fd = openat(collector->dir, lane->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT ? 0 : errno;
  int error = lf_salvage_lane(fd, lane->through, &s);
  close(fd);
  bool damaged = error == EBADMSG;
  if (error == 0) {
    damaged = s.damaged;
    error = adopt_records(collector, lane, &s, schemas);
  } else if (error == EBADMSG) {
    error = 0;
  }
  lf_salvage_free(&s);
  if (error != 0) return error;
  if (damaged) return lf_quarantine_file(collector, collector->dir, lane->name);
  return unlinkat(collector->dir, lane->name, 0) == 0 || errno == ENOENT ? 0 : errno;
}

/* The process file, copied before anything in it is looked at. NULL: not readable as one. */
static lf_process_file *read_process(const lf_dead_process *dead) {
  struct stat st;
  size_t got = 0;
  if (dead->fd < 0 || fstat(dead->fd, &st) != 0 || st.st_size != LF_PROCESS_BYTES) return NULL;
  lf_process_file *file = aligned_alloc(LF_LINE, sizeof *file);
  if (file == NULL) return NULL;
  if (lf_files_read_at(dead->fd, file, sizeof *file, 0, &got) == 0 && got == sizeof *file &&
      memcmp(file->magic, LF_PROCESS_MAGIC, 8) == 0 && file->version == LF_FORMAT_VERSION &&
      file->crc == lf_crc32c(0, (const char *)file + 16, 112) && file->process == dead->id) {
    return file;
  }
  free(file);
  return NULL;
}

static int fold_process(lf_collector *collector, const lf_dead_process *dead, const lf_process_file *file) {
  if (dead->fd < 0) return 0;
  if (file == NULL) return lf_quarantine_file(collector, collector->dir, dead->name);
  lf_account account;
  memset(&account, 0, sizeof account);
  account.process = dead->id;
  for (size_t i = 0; i < LF_REASONS; i++) {
    /* relaxed: a private copy */
    account.rejected[i] = atomic_load_explicit(&file->rejected[i], memory_order_relaxed);
    account.offered += account.rejected[i];
  }
  const int error = account.offered != 0 ? lf_ledger_append(collector->dir, &account) : 0;
  if (error != 0) return error;
  return unlinkat(collector->dir, dead->name, 0) == 0 || errno == ENOENT ? 0 : errno;
}

static int adopt_process(lf_collector *collector, const lf_survey *survey, const lf_dead_process *dead) {
  lf_schemas *schemas = calloc(1, sizeof *schemas);
  if (schemas == NULL) return ENOMEM;
  schemas->process = dead->id;
  lf_process_file *file = read_process(dead);
  const int file_error = file != NULL ? lf_schemas_read(schemas, file) : 0;
  int error = file_error;
  for (size_t i = 0; i < survey->lanes && file_error == 0; i++) {
    if (survey->lane[i].process != dead->id) continue;
    const int failed = adopt_lane(collector, &survey->lane[i], schemas);
    if (failed != 0) error = failed;
  }
  if (error == 0) error = fold_process(collector, dead, file);
  lf_schemas_free(schemas);
  free(schemas);
  free(file);
  return error;
}

static void adopt_all(lf_collector *collector) {
  lf_survey survey;
  int error = lf_survey_take(collector, &survey);
  if (error == 0) error = lf_mend_segments(collector, &survey);
  /* One lane that can't be had must not keep the others waiting. */
  const size_t processes = error == 0 ? survey.processes : 0;
  for (size_t i = 0; i < processes; i++) {
    const int failed = adopt_process(collector, &survey, &survey.process[i]);
    if (failed != 0) error = failed;
  }
  if (error != 0) {
    lf_trouble_note(collector, "adopting what a dead process left in %s: %s; it stays for the next open",
                    collector->path, strerror(error));
  }
  lf_survey_free(&survey);
}

void lf_recover(lf_collector *collector, int tries) {
  const int lock = take_adopt_lock(collector, tries);
  if (lock < 0 && tries == 0) return;
  if (lock < 0) {
    lf_trouble_note(collector, "adopting what a dead process left in %s: adopt.lock: %s", collector->path,
                    strerror(errno));
    return;
  }
  adopt_all(collector);
  lf_lockfile_close(lock);
}
