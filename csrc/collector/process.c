/* SPDX-License-Identifier: MIT */
/* process.c: the process file: whose lock says "alive", whose table holds the shapes of typed events, whose
 * counters take what never reached a lane. It appears under its name only when it is locked and complete.
 *
 * Ordering
 *   table:publish -> table:observe   an entry is in the file before it is counted there */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

static int read_boot_id(uint8_t out[16]) {
  char text[64] = "";
  const int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  const ssize_t n = read(fd, text, sizeof text - 1);
  close(fd);
  int digits = 0;
  for (ssize_t i = 0; i < n && digits < 32; i++) {
    const char *hex = "0123456789abcdef", *found = strchr(hex, text[i]);
    if (found == NULL || text[i] == '\0') continue;
    out[digits / 2] = (uint8_t)(out[digits / 2] << 4 | (uint8_t)(found - hex));
    digits++;
  }
  return 0;
}

static void fill(lf_process_file *file, uint64_t id, const lf_clock *clock) {
  memcpy(file->magic, LF_PROCESS_MAGIC, 8);
  file->version = LF_FORMAT_VERSION;
  file->process = id;
  file->pid = (uint64_t)getpid();
  file->wall_open = clock->start.wall;
  (void)read_boot_id(file->boot_id);
  file->clock = clock->kind;
  file->ticks = clock->start.ticks;
  file->wall = clock->start.wall;
  file->rate = clock->rate;
  file->crc = lf_crc32c(0, (const char *)file + 16, 112);
}

static int map(lf_process *process, int dir, const char *fresh, const lf_clock *clock, const lf_schemas *schemas) {
  process->fd = lf_lockfile_open(dir, fresh, O_RDWR | O_CREAT | O_EXCL);
  if (process->fd < 0) return errno;
  if (flock(process->fd, LOCK_EX | LOCK_NB) != 0) return errno;
  const int error = lf_files_allocate(process->fd, LF_PROCESS_BYTES);
  if (error != 0) return error;
  void *mem = mmap(NULL, LF_PROCESS_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, process->fd, 0);
  if (mem == MAP_FAILED) return errno;
  (void)madvise(mem, LF_PROCESS_BYTES, MADV_DONTFORK);
  process->file = mem;
  fill(process->file, process->id, clock);
  const uint32_t count = lf_schemas_count(schemas);
  for (uint32_t i = 0; i < count; i++) {
    const int full = lf_process_add_schema(process, schemas->entry[i].text, schemas->entry[i].len);
    if (full != 0) return full;
  }
  if (renameat(dir, fresh, dir, process->name) != 0) return errno;
  return 0;
}

static int open_once(lf_process *process, int dir, const lf_clock *clock, const lf_schemas *schemas) {
  char fresh[LF_NAME_BYTES + 8];
  memset(process, 0, sizeof *process);
  process->id = lf_files_random();
  snprintf(process->name, sizeof process->name, "proc-%016llx.lfp", (unsigned long long)process->id);
  snprintf(fresh, sizeof fresh, "%s.new", process->name);
  const int error = map(process, dir, fresh, clock, schemas);
  if (error != 0) {
    if (process->fd >= 0) (void)unlinkat(dir, fresh, 0);
    lf_process_shut(process);
  }
  return error;
}

int lf_process_open(lf_process *process, int dir, const lf_clock *clock, const lf_schemas *schemas) {
  int error = 0;
  for (int tries = 0; tries < 5; tries++) {
    error = open_once(process, dir, clock, schemas);
    /* An adopter took the unfinished file for a dead one's. */
    if (error != EWOULDBLOCK && error != ENOENT) break;
  }
  return error;
}

void lf_process_shut(lf_process *process) {
  if (process->file != NULL) munmap(process->file, LF_PROCESS_BYTES);
  if (process->fd >= 0) lf_lockfile_close(process->fd);
  process->file = NULL;
  process->fd = -1;
}

int lf_process_add_schema(lf_process *process, const char *text, uint32_t len) {
  const uint32_t need = 8 + ((len + 7) & ~7u);
  if (need > sizeof process->file->table - process->table_used) return ENOSPC;
  uint8_t *at = process->file->table + process->table_used;
  const uint32_t crc = lf_crc32c(0, text, len);
  memcpy(at, &len, 4);
  memcpy(at + 4, &crc, 4);
  memcpy(at + 8, text, len);
  process->table_used += need;
  /* relaxed: only the holder of the collector's lock writes it */
  const uint32_t count = atomic_load_explicit(&process->file->schemas, memory_order_relaxed);
  /* [table:publish] pairs with [table:observe] */
  atomic_store_explicit(&process->file->schemas, count + 1, memory_order_release);
  return 0;
}
