/* SPDX-License-Identifier: MIT */
/* files.c: directories, space, whole reads and writes, random numbers. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

int lf_files_open_dir(const char *path) { return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC); }

int lf_files_make_dirs(const char *path) {
  char part[PATH_MAX];
  const size_t n = strlen(path);
  if (n == 0) return ENOENT;
  if (n >= sizeof part) return ENAMETOOLONG;
  memcpy(part, path, n + 1);
  for (size_t i = 1; i <= n; i++) {
    if (part[i] != '/' && part[i] != '\0') continue;
    const char kept = part[i];
    part[i] = '\0';
    struct stat st;
    /* Look first: mkdir on an existing directory of a read-only file system answers EROFS, not EEXIST. */
    if (stat(part, &st) != 0 && mkdir(part, 0777) != 0 && errno != EEXIST) return errno;
    part[i] = kept;
  }
  return 0;
}

/* Real blocks, never a hole: a full disk is an answer here and not a SIGBUS later. */
int lf_files_allocate(int fd, uint64_t bytes) {
  int error;
  do error = posix_fallocate(fd, 0, (off_t)bytes);
  while (error == EINTR);
  return error;
}

int lf_files_read_at(int fd, void *to, size_t n, uint64_t at, size_t *got) {
  *got = 0;
  while (*got < n) {
    const ssize_t r = pread(fd, (char *)to + *got, n - *got, (off_t)(at + *got));
    if (r < 0 && errno == EINTR) continue;
    if (r < 0) return errno;
    if (r == 0) break;
    *got += (size_t)r;
  }
  return 0;
}

int lf_files_write_at(int fd, const void *from, size_t n, uint64_t at) {
  while (n > 0) {
    const ssize_t w = pwrite(fd, from, n, (off_t)at);
    if (w < 0 && errno == EINTR) continue;
    if (w < 0) return errno;
    if (w == 0) return EIO;
    from = (const char *)from + w;
    n -= (size_t)w;
    at += (uint64_t)w;
  }
  return 0;
}

uint64_t lf_files_random(void) {
  uint64_t value = 0;
  while (value == 0) {
    if (getrandom(&value, sizeof value, 0) != (ssize_t)sizeof value && errno == ENOSYS) {
      const int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
      if (fd < 0 || read(fd, &value, sizeof value) != (ssize_t)sizeof value) abort();
      close(fd);
    }
  }
  return value;
}
