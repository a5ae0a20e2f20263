/* SPDX-License-Identifier: MIT */
/* survey.c: who in a collector directory is dead. A process file whose lock can be taken has a dead owner; a lane
 * is as dead as its process. Nothing is concluded from numbers or times. */
#include "recover.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* start-hex16.end, or start-hex16-hex16.end */
static bool parse(const char *name, const char *start, const char *end, uint64_t *id, int ids) {
  const size_t head = strlen(start);
  if (strncmp(name, start, head) != 0 || strlen(name) != head + (size_t)ids * 17 - 1 + strlen(end)) return false;
  const char *p = name + head;
  for (int i = 0; i < ids; i++) {
    id[i] = 0;
    for (int k = 0; k < 16; k++, p++) {
      const char *hex = "0123456789abcdef", *digit = *p != '\0' ? strchr(hex, *p) : NULL;
      if (digit == NULL) return false;
      id[i] = id[i] << 4 | (uint64_t)(digit - hex);
    }
    if (i + 1 < ids && *p++ != '-') return false;
  }
  return strcmp(p, end) == 0;
}

static void *grow(void *list, size_t count, size_t size) {
  if (count % 16 != 0) return list;
  return realloc(list, (count + 16) * size);
}

/* The lock on a name that still exists, or -1. */
static int take_lock(int dir, const char *name, bool *held) {
  struct stat st;
  *held = false;
  const int fd = lf_lockfile_open(dir, name, O_RDWR);
  if (fd < 0) return -1;
  if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
    lf_lockfile_close(fd);
    return -1;
  }
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    *held = errno == EWOULDBLOCK;
    lf_lockfile_close(fd);
    return -1;
  }
  /* Its owner may have removed it between our open and our lock. */
  if (fstat(fd, &st) != 0 || st.st_nlink == 0) {
    lf_lockfile_close(fd);
    return -1;
  }
  return fd;
}

static int add_process(lf_collector *collector, lf_survey *survey, const char *name, uint64_t id) {
  bool held;
  if (id == collector->process.id) return 0;
  const int fd = take_lock(collector->dir, name, &held);
  if (held) {
    uint64_t *alive = grow(survey->alive, survey->alives, sizeof *alive);
    if (alive == NULL) return ENOMEM;
    survey->alive = alive;
    alive[survey->alives++] = id;
    return 0;
  }
  if (fd < 0) return 0;
  lf_dead_process *list = grow(survey->process, survey->processes, sizeof *list);
  if (list == NULL) {
    lf_lockfile_close(fd);
    return ENOMEM;
  }
  survey->process = list;
  lf_dead_process *dead = &list[survey->processes++];
  memset(dead, 0, sizeof *dead);
  dead->id = id;
  dead->fd = fd;
  memcpy(dead->name, name, strlen(name) + 1); /* parse() knows its length */
  return 0;
}

static int add_lane(lf_survey *survey, const char *name, const uint64_t *id) {
  lf_dead_lane *list = grow(survey->lane, survey->lanes, sizeof *list);
  if (list == NULL) return ENOMEM;
  survey->lane = list;
  lf_dead_lane *lane = &list[survey->lanes++];
  memset(lane, 0, sizeof *lane);
  lane->process = id[0];
  lane->id = id[1];
  memcpy(lane->name, name, strlen(name) + 1); /* parse() knows its length */
  return 0;
}

static bool is_alive(const lf_collector *collector, const lf_survey *survey, uint64_t process) {
  if (process == collector->process.id) return true;
  for (size_t i = 0; i < survey->alives; i++) {
    if (survey->alive[i] == process) return true;
  }
  return false;
}

static int each_name(lf_collector *collector, lf_survey *survey,
                     int (*visit)(lf_collector *, lf_survey *, const char *)) {
  const int fd = openat(collector->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
  if (entries == NULL) {
    const int error = errno;
    if (fd >= 0) close(fd);
    return error;
  }
  int error = 0;
  for (struct dirent *entry; error == 0 && (entry = readdir(entries)) != NULL;) {
    error = visit(collector, survey, entry->d_name);
  }
  closedir(entries);
  return error;
}

static int visit_process(lf_collector *collector, lf_survey *survey, const char *name) {
  uint64_t id;
  bool held;
  if (parse(name, "proc-", ".lfp", &id, 1)) return add_process(collector, survey, name, id);
  if (parse(name, "proc-", ".lfp.new", &id, 1)) {
    /* Its maker died half-way, or tries again with another number when it finds this one gone. */
    const int fd = take_lock(collector->dir, name, &held);
    if (fd >= 0) {
      (void)unlinkat(collector->dir, name, 0);
      lf_lockfile_close(fd);
    }
  }
  return 0;
}

/* Before all processes: a lane is there only after its process file, so that a lane seen here whose process is
 * not found alive afterwards has a dead one. */
static int visit_lane(lf_collector *collector, lf_survey *survey, const char *name) {
  uint64_t id[2];
  (void)collector;
  if (parse(name, "lane-", ".lfl", id, 2) || parse(name, "lane-", ".lfl.new", id, 2)) return add_lane(survey, name, id);
  return 0;
}

static int note_orphan(lf_survey *survey, uint64_t process) {
  for (size_t i = 0; i < survey->processes; i++) {
    if (survey->process[i].id == process) return 0;
  }
  lf_dead_process *list = grow(survey->process, survey->processes, sizeof *list);
  if (list == NULL) return ENOMEM;
  survey->process = list;
  lf_dead_process *dead = &list[survey->processes++];
  memset(dead, 0, sizeof *dead);
  dead->id = process;
  dead->fd = -1;
  return 0;
}

static int keep_the_dead(lf_collector *collector, lf_survey *survey) {
  size_t kept = 0;
  for (size_t i = 0; i < survey->lanes; i++) {
    lf_dead_lane *lane = &survey->lane[i];
    if (is_alive(collector, survey, lane->process)) continue;
    if (strcmp(lane->name + strlen(lane->name) - 4, ".new") == 0) {
      (void)unlinkat(collector->dir, lane->name, 0); /* never handed to a thread: nothing is in it */
      continue;
    }
    const int error = note_orphan(survey, lane->process);
    if (error != 0) return error;
    survey->lane[kept++] = *lane;
  }
  survey->lanes = kept;
  return 0;
}

static int by_id(const void *a, const void *b) {
  const uint64_t x = ((const lf_dead_lane *)a)->id, y = ((const lf_dead_lane *)b)->id;
  return x < y ? -1 : x > y;
}

int lf_survey_take(lf_collector *collector, lf_survey *survey) {
  memset(survey, 0, sizeof *survey);
  int error = each_name(collector, survey, visit_lane);
  if (error == 0) error = each_name(collector, survey, visit_process);
  if (error == 0) error = keep_the_dead(collector, survey);
  if (survey->lanes != 0) qsort(survey->lane, survey->lanes, sizeof *survey->lane, by_id);
  return error;
}

lf_dead_lane *lf_survey_lane(const lf_survey *survey, uint64_t id) {
  const lf_dead_lane key = {.id = id};
  return survey->lanes == 0 ? NULL : bsearch(&key, survey->lane, survey->lanes, sizeof *survey->lane, by_id);
}

void lf_survey_free(lf_survey *survey) {
  for (size_t i = 0; i < survey->processes; i++) {
    if (survey->process[i].fd >= 0) lf_lockfile_close(survey->process[i].fd);
  }
  free(survey->process);
  free(survey->lane);
  free(survey->alive);
  memset(survey, 0, sizeof *survey);
}
