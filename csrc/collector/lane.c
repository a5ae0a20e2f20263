/* SPDX-License-Identifier: MIT */
/* lane.c: a lane's file: made with real blocks, mapped, touched, and only then given its name. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/* A first touch costs ten times a warm store; it is paid here. */
static void prefault(void *mem, size_t bytes) {
  if (madvise(mem, bytes, MADV_POPULATE_WRITE) == 0) return;
  const long page = sysconf(_SC_PAGESIZE);
  for (size_t at = 0; at < bytes; at += (size_t)page) {
    LF_ATOMIC(unsigned char) *byte = (LF_ATOMIC(unsigned char) *)((unsigned char *)mem + at);
    /* relaxed: nobody else has the mapping yet; the store only makes the page present */
    atomic_store_explicit(byte, 0, memory_order_relaxed);
  }
}

static void fill(lf_lane *lane, const lf_collector *collector) {
  lf_lane_identity *identity = &lane->file->identity;
  identity->version = LF_FORMAT_VERSION;
  identity->process = collector->process.id;
  identity->nonce = lf_files_random();
  identity->file_bytes = lane->mapped;
  identity->clock = collector->clock.kind;
  const lf_moment now = lf_clock_now(collector->clock.kind);
  identity->ticks = now.ticks;
  identity->wall = now.wall;
  identity->rate = collector->clock.rate;
  memcpy(identity->magic, LF_LANE_MAGIC, 8);
  identity->crc = lf_crc32c(0, (const char *)identity + 16, 112);
  /* relaxed: nobody else has the lane yet; the rename and the lane table hand it over */
  atomic_store_explicit(&lane->file->next_seq, 1u, memory_order_relaxed);
}

static int make(lf_lane *lane, lf_collector *collector, const char *fresh, uint64_t id) {
  lane->mapped = LF_LANE_QUEUE_AT + lf_spsc_bytes_size(collector->lane_bytes);
  const int fd = openat(collector->dir, fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) return errno;
  int error = lf_files_allocate(fd, lane->mapped);
  void *mem = MAP_FAILED;
  if (error == 0) {
    mem = mmap(NULL, lane->mapped, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mem == MAP_FAILED) error = errno;
  }
  close(fd);
  if (error != 0) return error;
  (void)madvise(mem, lane->mapped, MADV_DONTFORK);
  prefault(mem, lane->mapped);
  lane->file = mem;
  lane->file->identity.lane = id;
  lane->queue = lf_spsc_bytes_init_at((char *)mem + LF_LANE_QUEUE_AT, lane->mapped - LF_LANE_QUEUE_AT,
                                      collector->lane_bytes, collector->start_at);
  (void)lf_eventcount_init(&lane->file->room, sizeof lane->file->room, true);
  fill(lane, collector);
  return renameat(collector->dir, fresh, collector->dir, lane->name) == 0 ? 0 : errno;
}

int lf_lane_make(lf_collector *collector, lf_lane **out) {
  char fresh[LF_NAME_BYTES + 8];
  lf_lane *lane = aligned_alloc(LF_LINE, sizeof *lane);
  if (lane == NULL) return ENOMEM;
  memset(lane, 0, sizeof *lane);
  const uint64_t id = lf_files_random();
  snprintf(lane->name, sizeof lane->name, "lane-%016llx-%016llx.lfl", (unsigned long long)collector->process.id,
           (unsigned long long)id);
  snprintf(fresh, sizeof fresh, "%s.new", lane->name);
  const int error = make(lane, collector, fresh, id);
  if (error != 0) {
    (void)unlinkat(collector->dir, fresh, 0);
    lf_lane_unmap(lane);
    free(lane);
    return error;
  }
  const uint64_t capacity = lf_spsc_bytes_capacity(lane->queue);
  lane->collector = collector;
  lane->salt = lf_crc32c(0, &lane->file->identity.nonce, 8);
  lane->clock = collector->clock.kind;
  lane->reserve = capacity / 10 & ~(uint64_t)7;
  lane->mark = capacity / 4;
  lane->plain_until = lf_spsc_bytes_pushed(lane->queue);
  lane->check_at = lane->plain_until + lane->mark;
  lane->source.identity = lane->file->identity;
  lane->source.schemas = &collector->schemas;
  lane->expected = 1;
  *out = lane;
  return 0;
}

void lf_lane_unmap(lf_lane *lane) {
  if (lane->file != NULL) munmap(lane->file, lane->mapped);
  lane->file = NULL;
  lane->queue = NULL;
}
