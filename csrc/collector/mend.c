/* SPDX-License-Identifier: MIT */
/* mend.c: the .part files of dead writers are cut to what is whole and finished; then every segment, whoever wrote
 * it, is asked what it has of the dead lanes, so that nothing is delivered twice.
 *
 * A writer holds the lock of its .part file: several collector directories may share one segments directory. */
#include "recover.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool ends_with(const char *name, const char *end) {
  const size_t n = strlen(name), k = strlen(end);
  return n > k && n < LF_NAME_BYTES && strcmp(name + n - k, end) == 0;
}

static void has(const lf_survey *survey, uint64_t lane, uint64_t seq) {
  lf_dead_lane *dead = lf_survey_lane(survey, lane);
  if (dead != NULL && seq > dead->through) dead->through = seq;
}

static void has_line(uint64_t lane, uint64_t seq, void *survey) { has(survey, lane, seq); }

static void has_entries(const lf_survey *survey, const lf_scanned *scanned) {
  const lf_footer *footer = &scanned->footer;
  for (uint32_t i = 0; i < footer->entries; i++) {
    if (footer->entry[i].count != 0) has(survey, footer->entry[i].lane, footer->entry[i].last);
  }
}

static int give_name(lf_collector *collector, const char *part) {
  char name[LF_NAME_BYTES];
  snprintf(name, sizeof name, "%.*s", (int)(strlen(part) - 5), part);
  if (renameat(collector->segments, part, collector->segments, name) == 0) return 0;
  return errno == ENOENT ? 0 : errno; /* its writer finished it before we had the lock */
}

/* What keeps a file from being finished, though everything in it has been seen. */
static bool only_unfinished(int error) {
  return error == ENOSPC || error == EDQUOT || error == EFBIG || error == EROFS || error == EACCES || error == EPERM;
}

static int finish_binary(lf_collector *collector, lf_survey *survey, int fd, const char *part) {
  lf_scanned scanned;
  int error = lf_scan_segment(fd, &scanned);
  struct stat st;
  if (error == EBADMSG) {
    if (fstat(fd, &st) == 0 && (uint64_t)st.st_size <= sizeof(lf_segment_header)) {
      return unlinkat(collector->segments, part, 0) == 0 ? 0 : errno; /* killed before its first block */
    }
    return lf_quarantine_file(collector, collector->segments, part);
  }
  if (error == 0) has_entries(survey, &scanned);
  if (error == 0 && scanned.damaged) {
    (void)lf_quarantine_bytes(collector, fd, scanned.hole_from, scanned.hole_to, part);
  }
  /* What is cut off and is not the beginning of a block has to be kept. */
  if (error == 0 && !scanned.finished && !scanned.torn && fstat(fd, &st) == 0 &&
      (uint64_t)st.st_size >= scanned.end + sizeof(lf_block)) {
    (void)lf_quarantine_bytes(collector, fd, scanned.end, (uint64_t)st.st_size, part);
  }
  if (error == 0 && !scanned.finished) {
    lf_footer *footer = &scanned.footer;
    uint32_t kept = 0; /* a lane may have been introduced whose records did not follow any more */
    for (uint32_t i = 0; i < footer->entries; i++) {
      if (footer->entry[i].max_wall != 0) footer->entry[kept++] = footer->entry[i];
    }
    footer->entries = kept;
    if (kept == 0) {
      lf_scanned_free(&scanned);
      return unlinkat(collector->segments, part, 0) == 0 ? 0 : errno;
    }
    error = lf_footer_write(fd, scanned.end, footer);
  }
  lf_scanned_free(&scanned);
  return error == 0 ? give_name(collector, part) : error;
}

static int finish_text(lf_collector *collector, lf_survey *survey, int fd, const char *part) {
  uint64_t end;
  int error = lf_ndjson_scan(fd, has_line, survey, &end);
  if (error != 0) return error;
  if (end == 0) return unlinkat(collector->segments, part, 0) == 0 ? 0 : errno;
  if (ftruncate(fd, (off_t)end) != 0) return errno;
  return give_name(collector, part);
}

/* Live writers' .part files count too: one may have adopted a lane half-way before its disk filled up. */
static int look_at(lf_collector *collector, lf_survey *survey, const char *name) {
  const bool part = ends_with(name, ".part"), text = ends_with(name, ".ndjson") || ends_with(name, ".ndjson.part");
  if (!text && !ends_with(name, ".lfs") && !ends_with(name, ".lfs.part")) return 0;
  if (!part && survey->lanes == 0) return 0;
  const int fd = lf_lockfile_open(collector->segments, name, part ? O_RDWR : O_RDONLY);
  if (fd < 0) return errno == ENOENT ? 0 : errno;
  struct stat st;
  int error = 0;
  uint64_t end;
  lf_scanned scanned;
  if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
    error = 0;
  } else if (part && flock(fd, LOCK_EX | LOCK_NB) == 0) {
    error = text ? finish_text(collector, survey, fd, name) : finish_binary(collector, survey, fd, name);
  } else if (survey->lanes != 0 && text) {
    error = lf_ndjson_scan(fd, has_line, survey, &end);
  } else if (survey->lanes != 0) {
    error = part ? lf_scan_segment(fd, &scanned) : lf_scan_footer(fd, &scanned);
    if (error == 0) {
      has_entries(survey, &scanned);
      lf_scanned_free(&scanned);
    }
    if (error == EBADMSG) error = 0; /* a stranger's file: left alone */
  }
  lf_lockfile_close(fd);
  return error;
}

int lf_mend_segments(lf_collector *collector, lf_survey *survey) {
  const int fd = openat(collector->segments, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
  if (entries == NULL) {
    const int error = errno;
    if (fd >= 0) close(fd);
    return error;
  }
  int first_error = 0;
  for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
    const int error = look_at(collector, survey, entry->d_name);
    if (error != 0) {
      lf_trouble_note(collector, "finishing %s, whose writer died: %s", entry->d_name, strerror(error));
    }
    if (first_error == 0 && !only_unfinished(error)) first_error = error;
  }
  closedir(entries);
  return first_error;
}
