/* SPDX-License-Identifier: MIT */
/* quarantine.c: bytes that could not be read as records are kept, and named. */
#include "recover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_quarantine(const lf_collector *collector) {
  if (mkdirat(collector->dir, "quarantine", 0777) != 0 && errno != EEXIST) return -1;
  return openat(collector->dir, "quarantine", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* A copy, for what lies on another file system than the directory. */
static int copy(int from, uint64_t at, uint64_t end, int dir, const char *name) {
  const int to = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (to < 0) return errno;
  unsigned char *buffer = malloc(1 << 16);
  int error = buffer == NULL ? ENOMEM : 0;
  uint64_t done = 0;
  while (error == 0 && at + done < end) {
    size_t n = end - at - done < (1 << 16) ? (size_t)(end - at - done) : 1 << 16, got;
    error = lf_files_read_at(from, buffer, n, at + done, &got);
    if (error == 0 && got == 0) break;
    if (error == 0) error = lf_files_write_at(to, buffer, got, done);
    done += got;
  }
  free(buffer);
  close(to);
  return error;
}

int lf_quarantine_file(lf_collector *collector, int dir, const char *name) {
  const int there = open_quarantine(collector);
  if (there < 0) return errno;
  int error = renameat(dir, name, there, name) == 0 ? 0 : errno;
  if (error == EXDEV) {
    const int from = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    error = from < 0 || fstat(from, &st) != 0 ? errno : copy(from, 0, (uint64_t)st.st_size, there, name);
    if (from >= 0) close(from);
    if (error == 0) (void)unlinkat(dir, name, 0);
  }
  close(there);
  lf_trouble_note(collector, "%s/%s could not be read and lies in quarantine/", collector->path, name);
  return error;
}

int lf_quarantine_bytes(lf_collector *collector, int fd, uint64_t from, uint64_t to, const char *name) {
  const int there = open_quarantine(collector);
  if (there < 0) return errno;
  char kept[LF_NAME_BYTES + 32];
  snprintf(kept, sizeof kept, "%s-%llu", name, (unsigned long long)from);
  const int error = copy(fd, from, to, there, kept);
  close(there);
  lf_trouble_note(collector, "%s is damaged; the bytes are in quarantine/%s", name, kept);
  return error;
}
