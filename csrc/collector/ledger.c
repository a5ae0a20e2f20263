/* SPDX-License-Identifier: MIT */
/* ledger.c: what became of a lane or a process that is gone: one line each, ended by its checksum.
 * Its lock is held for the length of one append. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const reasons[LF_REASONS] = {"full",      "too_big", "encode", "closed",
                                                "reentrant", "no_lane", "6",      "7"};

const char *lf_reason_name(uint32_t reason) { return reasons[reason]; }

static int format(const lf_account *account, char *line, size_t room) {
  char lane[24] = "null";
  if (account->lane != 0) snprintf(lane, sizeof lane, "\"%016llx\"", (unsigned long long)account->lane);
  int n = snprintf(line, room,
                   "{\"lane\":%s,\"process\":\"%016llx\",\"offered\":%llu,\"accepted\":%llu,\"delivered\":%llu,"
                   "\"torn\":%llu,\"corrupt\":%llu,\"rejected\":{",
                   lane, (unsigned long long)account->process, (unsigned long long)account->offered,
                   (unsigned long long)account->accepted, (unsigned long long)account->delivered,
                   (unsigned long long)account->torn, (unsigned long long)account->corrupt);
  for (int i = 0; i < 6; i++) {
    n += snprintf(line + n, room - (size_t)n, "%s\"%s\":%llu", i != 0 ? "," : "", reasons[i],
                  (unsigned long long)account->rejected[i]);
  }
  n += snprintf(line + n, room - (size_t)n, "}");
  const uint32_t crc = lf_crc32c(0, line, (size_t)n);
  n += snprintf(line + n, room - (size_t)n, ",\"crc\":\"%08x\"}\n", crc);
  return n;
}

/* A line that its writer was killed in the middle of is cut off: what it told of is still there to be told again. */
static int cut_torn_line(int fd) {
  struct stat st;
  char tail[1024];
  size_t got;
  if (fstat(fd, &st) != 0) return errno;
  const uint64_t size = (uint64_t)st.st_size, from = size < sizeof tail ? 0 : size - sizeof tail;
  const int error = lf_files_read_at(fd, tail, sizeof tail, from, &got);
  if (error != 0 || got == 0 || tail[got - 1] == '\n') return error;
  const char *newline = memrchr(tail, '\n', got);
  if (newline == NULL && from != 0) return write(fd, "\n", 1) == 1 ? 0 : errno; /* no line of ours is so long */
  const uint64_t end = newline != NULL ? from + (uint64_t)(newline + 1 - tail) : 0;
  return ftruncate(fd, (off_t)end) == 0 ? 0 : errno;
}

static int append(int fd, const char *line, size_t n) {
  const int error = cut_torn_line(fd);
  if (error != 0) return error;
  const ssize_t w = write(fd, line, n);
  return w < 0 ? errno : (size_t)w < n ? ENOSPC : 0;
}

int lf_ledger_append(int dir, const lf_account *account) {
  char line[1024];
  const int n = format(account, line, sizeof line);
  const int fd = lf_lockfile_open(dir, "ledger", O_RDWR | O_CREAT | O_APPEND);
  if (fd < 0) return errno;
  if (flock(fd, LOCK_EX) != 0) {
    const int error = errno;
    lf_lockfile_close(fd);
    return error;
  }
  const int error = append(fd, line, (size_t)n);
  lf_lockfile_close(fd);
  return error;
}
