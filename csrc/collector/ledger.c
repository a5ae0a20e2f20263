/* SPDX-License-Identifier: MIT */
/* ledger.c: what became of a lane or a process that is gone: one line each, ended by its checksum. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const char *const reasons[LF_REASONS] = {"full",      "too_big", "encode", "closed",
                                                "reentrant", "no_lane", "6",      "7"};

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

int lf_ledger_append(int dir, const lf_account *account) {
  char line[1024];
  const int n = format(account, line, sizeof line);
  const int fd = openat(dir, "ledger", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (fd < 0) return errno;
  int error = 0;
  /* One write of less than a page with O_APPEND: lines of several processes don't mix. */
  const ssize_t w = write(fd, line, (size_t)n);
  if (w < 0) error = errno;
  if (w >= 0 && w < n) error = ENOSPC;
  close(fd);
  return error;
}
