/* SPDX-License-Identifier: MIT */
/* What the collector's tests in C share: a directory of their own, checks that stay in release builds, and a reader
 * of segments that trusts nothing and knows only docs/reference/formats.md. */
#ifndef COLLECTOR_COMMON_H
#define COLLECTOR_COMMON_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "collector.h"

typedef struct lane_tally {
  uint64_t lane, nonce, first, last, count;
  uint64_t here; /* records of it in the file being read */
} lane_tally;

typedef struct tally {
  uint64_t records, schemas, files, parts, torn_parts, gaps, bytes;
  uint64_t told; /* GAP records */
  size_t lanes;
  lane_tally lane[512];
} tally;

static inline const char *fresh_dir(void) {
  static char path[8][64];
  static int turn;
  char *p = path[turn++ % 8];
  snprintf(p, 64, "/dev/shm/lf-test-XXXXXX");
  if (access("/dev/shm", W_OK) != 0) snprintf(p, 64, "/tmp/lf-test-XXXXXX");
  CHECK(mkdtemp(p) != NULL);
  return p;
}

static inline void remove_dir(const char *dir) {
  char command[PATH_MAX + 16];
  snprintf(command, sizeof command, "rm -rf '%s'", dir);
  CHECK(system(command) == 0);
}

static inline lf_collector_options options(const char *dir) {
  lf_collector_options o;
  memset(&o, 0, sizeof o);
  o.dir = dir;
  o.memory = 4 << 20;
  o.lane_bytes = 64 << 10;
  o.flush_ms = 5;
  o.drain = 1;
  return o;
}

static inline lf_collector *open_ok(const lf_collector_options *o) {
  char error[512];
  lf_collector *c = NULL;
  const int failed = lf_collector_open(o, &c, error, sizeof error);
  if (failed != 0) fprintf(stderr, "open: %d %s\n", failed, error);
  CHECK(failed == 0 && c != NULL);
  return c;
}

static inline void close_ok(lf_collector *c) {
  char error[512];
  const int failed = lf_collector_close(c, 10000000000, error, sizeof error);
  if (failed != 0) fprintf(stderr, "close: %d %s\n", failed, error);
  CHECK(failed == 0);
}

static inline int count_files(const char *dir, const char *start) {
  DIR *d = opendir(dir);
  CHECK(d != NULL);
  int n = 0;
  for (struct dirent *e; (e = readdir(d)) != NULL;) n += strncmp(e->d_name, start, strlen(start)) == 0;
  closedir(d);
  return n;
}

static inline unsigned char *read_whole(const char *path, size_t *n) {
  const int fd = open(path, O_RDONLY);
  CHECK(fd >= 0);
  struct stat st;
  CHECK(fstat(fd, &st) == 0);
  unsigned char *bytes = malloc((size_t)st.st_size + 1);
  CHECK(bytes != NULL && read(fd, bytes, (size_t)st.st_size) == st.st_size);
  bytes[st.st_size] = 0;
  close(fd);
  *n = (size_t)st.st_size;
  return bytes;
}

static inline lane_tally *tally_lane(tally *t, uint64_t lane) {
  for (size_t i = 0; i < t->lanes; i++) {
    if (t->lane[i].lane == lane) return &t->lane[i];
  }
  CHECK(t->lanes < 512);
  lane_tally *l = &t->lane[t->lanes++];
  memset(l, 0, sizeof *l);
  l->lane = lane;
  return l;
}

static int allow_damage; /* blocks may have records that do not hold */
/* Optional: sees every record. */
static void (*on_record)(const lane_tally *lane, const lf_record_ref *ref, const unsigned char *payload);
/* Optional: sees every GAP record. */
static void (*on_gap)(const lane_tally *lane, const lf_record_ref *ref, const unsigned char *payload);

static inline void read_segment(tally *t, const char *path) {
  size_t n, at = 64;
  unsigned char *p = read_whole(path, &n);
  const size_t length = strlen(path);
  const int part = length > 5 && strcmp(path + length - 5, ".part") == 0;
  t->files++;
  for (size_t i = 0; i < t->lanes; i++) t->lane[i].nonce = t->lane[i].here = 0;
  t->parts += (uint64_t)part;
  CHECK(n >= 64 && memcmp(p, "LFSEG\0\0\0", 8) == 0);
  int footer = 0;
  while (at + 96 <= n) {
    uint32_t magic, crc, type, bytes, count;
    uint64_t lane;
    memcpy(&magic, p + at, 4), memcpy(&crc, p + at + 4, 4), memcpy(&type, p + at + 8, 4);
    memcpy(&bytes, p + at + 12, 4), memcpy(&lane, p + at + 16, 8), memcpy(&count, p + at + 40, 4);
    if (magic != 0x4B434C42u || lf_crc32c(0, p + at + 8, 88) != crc || bytes > n - at - 96) break;
    const unsigned char *payload = p + at + 96;
    if (type == 1) memcpy(&tally_lane(t, lane)->nonce, payload + 32, 8);
    t->schemas += type == 2;
    if (type == 3) {
      lane_tally *l = tally_lane(t, lane);
      CHECK(l->nonce != 0); /* each file introduces its lanes */
      uint64_t first, last;
      memcpy(&first, p + at + 24, 8), memcpy(&last, p + at + 32, 8);
      const size_t most = bytes / 24;
      lf_record_ref *ref = malloc(most * sizeof *ref + 1);
      size_t used;
      size_t found = lf_records_scan(payload, bytes, l->nonce, first, ref, most, &used);
      while (allow_damage && used < bytes && found < most) {
        size_t more;
        if (lf_records_scan(payload + used, bytes - used, l->nonce, 0, ref + found, 1, &more) == 1) {
          ref[found++].offset += used;
          used += more;
        } else {
          used += 8;
        }
      }
      size_t kept = 0; /* a GAP record is none of the numbered ones: it has the number of the next */
      for (size_t i = 0; i < found; i++) {
        if (ref[i].kind == 2) {
          t->told++;
          if (on_gap != NULL) on_gap(l, &ref[i], payload + ref[i].offset);
        } else {
          ref[kept++] = ref[i];
        }
      }
      found = kept;
      if (part && found != count) {
        free(ref);
        break;
      }
      CHECK(used == bytes && (allow_damage || (found == count && (count == 0 || ref[found - 1].seq == last))));
      if (count == 0) {
        CHECK(last == first - 1);
        at += 96 + (size_t)bytes;
        free(ref);
        continue;
      }
      if (l->count == 0) l->first = first;
      if (l->count != 0 && first != l->last + 1) t->gaps++;
      CHECK(l->count == 0 || first > l->last); /* never twice */
      for (size_t i = 0; on_record != NULL && i < found; i++) on_record(l, &ref[i], payload + ref[i].offset);
      l->last = last;
      l->count += found;
      l->here += found;
      t->records += found;
      t->bytes += bytes;
      free(ref);
    }
    at += 96 + (size_t)bytes;
    if (type == 4) {
      size_t lanes = 0, records = 0, events = 0;
      for (size_t i = 0; i < t->lanes; i++) lanes += t->lane[i].here != 0;
      CHECK(count >= lanes && bytes >= 64 * (size_t)count && (bytes - 64 * (size_t)count) % 48 == 0);
      for (size_t i = 0; i < count; i++) {
        uint64_t entry[8];
        memcpy(entry, payload + 64 * i, 64);
        CHECK(tally_lane(t, entry[0])->here == entry[4] && entry[7] >= 64 && entry[7] < at);
        records += entry[4];
      }
      for (size_t i = 64 * (size_t)count; i < bytes; i += 48) {
        uint64_t event[6];
        memcpy(event, payload + i, 48);
        CHECK(event[2] != 0 && event[3] != 0 && event[3] <= event[4] && (event[5] == 0 || event[5] < at));
        if (event[1] != 2) events += event[2];
      }
      CHECK(records == events);
      footer = 1;
      break;
    }
  }
  if (footer) CHECK(at + 16 == n && memcmp(p + n - 8, "LFSEGEND", 8) == 0);
  CHECK(footer || part);
  if (!footer && at != n) t->torn_parts++;
  free(p);
}

static const char *scanned_dir;

/* The wall time in a segment's header; a file's own times are too coarse to tell a writer from its adopter. */
static inline uint64_t born(const char *name) {
  char path[PATH_MAX];
  uint64_t wall = 0;
  snprintf(path, sizeof path, "%.2000s/%.255s", scanned_dir, name);
  const int fd = open(path, O_RDONLY | O_NONBLOCK);
  if (fd < 0 || pread(fd, &wall, 8, 32) != 8) wall = 0;
  if (fd >= 0) close(fd);
  return wall;
}

static inline int by_age(const struct dirent **a, const struct dirent **b) {
  const uint64_t x = born((*a)->d_name), y = born((*b)->d_name);
  return x != y ? (x < y ? -1 : 1) : strcmp((*a)->d_name, (*b)->d_name);
}

/* Every record in dir/segments, each checked; a record that stands there twice aborts. */
static inline tally read_segments(const char *dir) {
  static char path[PATH_MAX], file[PATH_MAX + 300];
  tally t;
  memset(&t, 0, sizeof t);
  snprintf(path, sizeof path, "%s/segments", dir);
  scanned_dir = path;
  struct dirent **names;
  const int n = scandir(path, &names, NULL, by_age);
  CHECK(n >= 0);
  for (int i = 0; i < n; i++) {
    if (strstr(names[i]->d_name, ".lfs") != NULL) {
      snprintf(file, sizeof file, "%s/%s", path, names[i]->d_name);
      read_segment(&t, file);
    }
    free(names[i]);
  }
  free(names);
  return t;
}

#endif
