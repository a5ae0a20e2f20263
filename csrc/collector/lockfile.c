/* SPDX-License-Identifier: MIT */
/* lockfile.c: files whose lock says that their owner lives. A forked child shares the lock, so that it must close
 * its copies first of all: whoever opens such a file does it here, and no fork comes between opening and noting. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static int *held;
static size_t helds, room;

int lf_lockfile_open(int dir, const char *name, int flags) {
  int fd = -1;
  pthread_mutex_lock(&guard);
  if (helds == room) {
    int *grown = realloc(held, (room + 64) * sizeof *grown);
    if (grown != NULL) {
      held = grown;
      room += 64;
    }
  }
  if (helds == room) {
    errno = ENOMEM;
  } else {
    fd = openat(dir, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    if (fd >= 0) held[helds++] = fd;
  }
  pthread_mutex_unlock(&guard);
  return fd;
}

void lf_lockfile_close(int fd) {
  const int kept = errno;
  pthread_mutex_lock(&guard);
  for (size_t i = 0; i < helds; i++) {
    if (held[i] == fd) {
      held[i] = held[--helds];
      break;
    }
  }
  close(fd);
  pthread_mutex_unlock(&guard);
  errno = kept;
}

void lf_lockfile_before_fork(void) { pthread_mutex_lock(&guard); }

void lf_lockfile_after_fork(bool child) {
  for (size_t i = 0; child && i < helds; i++) close(held[i]);
  if (child) helds = 0;
  pthread_mutex_unlock(&guard);
}
