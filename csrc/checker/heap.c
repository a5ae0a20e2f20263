/* SPDX-License-Identifier: MIT */
#include "heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "access.h"
#include "defect.h"
#include "execution.h"
#include "shadow.h"
#include "trace.h"

enum { GRAIN = 16, ARENA = 64 << 20, POISON = 0xA5 };
enum block_state { LIVE = 1, FREED };

typedef struct {
  uint64_t address;
  size_t bytes;
  uint32_t site, freed_site;
  uint8_t state, freed_by;
} block;

static struct {
  unsigned char *memory; /* LFC_THREADS arenas, side by side */
  size_t used[LFC_THREADS];
  uint32_t *owner;      /* for each grain: 1 + its block's number; 0: none */
  unsigned char *wrote; /* for each grain: a bit for each two bytes that the program wrote */
  block *blocks;
  uint32_t count, most;
} heap;

static void *reserve(size_t bytes) {
  void *got = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (got == MAP_FAILED) {
    perror("lockfree-checker: no address space for the heap");
    exit(2);
  }
  return got;
}

void lfc_heap_reset(void) {
  const size_t all = (size_t)ARENA * LFC_THREADS;
  if (heap.memory == NULL) {
    heap.memory = reserve(all);
    heap.owner = reserve(all / GRAIN * sizeof *heap.owner);
    heap.wrote = reserve(all / GRAIN);
    heap.most = 1u << 16;
    heap.blocks = reserve(heap.most * sizeof *heap.blocks);
  }
  for (int i = 0; i < LFC_THREADS; i++) {
    if (heap.used[i] == 0) continue;
    const size_t from = (size_t)i * ARENA / GRAIN, n = heap.used[i] / GRAIN + 1;
    memset(heap.owner + from, 0, n * sizeof *heap.owner);
    memset(heap.wrote + from, 0, n);
    heap.used[i] = 0;
  }
  heap.count = 0;
}

void *lfc_heap_new(size_t bytes, size_t alignment, bool zero, uint32_t site) {
  const size_t start = (size_t)lfc.current * ARENA;
  if (alignment < GRAIN) alignment = GRAIN;
  /* A grain between blocks belongs to nobody, so that one past the end is seen. */
  size_t at = (heap.used[lfc.current] + GRAIN + alignment - 1) / alignment * alignment;
  const size_t room = (bytes + GRAIN - 1) / GRAIN * GRAIN + (bytes == 0 ? GRAIN : 0);
  if (bytes > ARENA || at + room > ARENA || heap.count == heap.most) return NULL;
  heap.used[lfc.current] = at + room;
  block *b = &heap.blocks[heap.count++];
  b->address = (uint64_t)(uintptr_t)(heap.memory + start + at);
  b->bytes = bytes;
  b->site = site;
  b->state = LIVE;
  for (size_t g = (start + at) / GRAIN; g < (start + at + room) / GRAIN; g++) heap.owner[g] = heap.count;
  unsigned char *memory = heap.memory + start + at;
  memset(memory, zero ? 0 : POISON, bytes);
  if (zero) memset(heap.wrote + (start + at) / GRAIN, 0xff, room / GRAIN);
  lfc_self()->effects++;
  if (lfc.tracing) lfc_trace_block("malloc", b->address, bytes, site);
  return memory;
}

static uint64_t offset_of(uint64_t address) {
  return heap.memory == NULL ? UINT64_MAX : address - (uint64_t)(uintptr_t)heap.memory;
}

static block *block_at(uint64_t offset) {
  const uint32_t number = heap.owner[offset / GRAIN];
  return number ? &heap.blocks[number - 1] : NULL;
}

size_t lfc_heap_size(const void *address) {
  const uint64_t offset = offset_of((uint64_t)(uintptr_t)address);
  if (offset >= (uint64_t)ARENA * LFC_THREADS) return 0;
  const block *b = block_at(offset);
  return b && b->address == (uint64_t)(uintptr_t)address ? b->bytes : 0;
}

void lfc_heap_free(void *address, uint32_t site) {
  if (address == NULL) return;
  lfc_flush_plain(); /* while the block is there */
  const uint64_t a = (uint64_t)(uintptr_t)address, offset = offset_of(a);
  block *b = offset < (uint64_t)ARENA * LFC_THREADS ? block_at(offset) : NULL;
  if (b == NULL || b->address != a)
    lfc_defect(LFC_V_DOUBLE_FREE, site, "free of %p, which malloc did not return", address);
  if (b->state == FREED) {
    lfc_found.other_thread = b->freed_by;
    lfc_found.other_site = b->freed_site;
    lfc_defect(LFC_V_DOUBLE_FREE, site, "double free: thread %d frees again what thread %d freed", lfc.current,
               b->freed_by);
  }
  if (lfc.tracing) lfc_trace_block("free", a, b->bytes, site);
  (void)lfc_shadow(a, b->bytes, LFC_FREED, lfc_now(), site);
  b->state = FREED;
  b->freed_by = (uint8_t)lfc.current;
  b->freed_site = site;
  lfc_self()->effects++;
}

void lfc_heap_forget(void *address) {
  const uint64_t offset = offset_of((uint64_t)(uintptr_t)address);
  block *b = offset < (uint64_t)ARENA * LFC_THREADS ? block_at(offset) : NULL;
  if (b == NULL) return;
  b->state = FREED;
  b->freed_by = (uint8_t)lfc.current;
  b->freed_site = 0;
}

void lfc_heap_access(uint64_t address, uint64_t size, bool writes, bool initialises, uint32_t site) {
  const uint64_t offset = offset_of(address);
  if (offset >= (uint64_t)ARENA * LFC_THREADS) return;
  const block *b = block_at(offset);
  if (b == NULL || address + size > b->address + b->bytes)
    lfc_defect(LFC_V_CRASH, site, "heap overflow: %s of %llu bytes outside every block", writes ? "write" : "read",
               (unsigned long long)size);
  if (b->state == FREED) {
    lfc_found.other_thread = b->freed_by;
    lfc_found.other_site = b->freed_site;
    lfc_defect(LFC_V_USE_AFTER_FREE, site, "use after free: thread %d %s a block that thread %d has freed", lfc.current,
               writes ? "writes" : "reads", b->freed_by);
  }
  if (!initialises) return;
  for (uint64_t at = offset / 2; at < (offset + size + 1) / 2; at++)
    heap.wrote[at / 8] |= (unsigned char)(1u << (at % 8));
}

void lfc_heap_read_initial(uint64_t address, uint64_t size, lfc_word value, uint32_t site) {
  const uint64_t offset = offset_of(address);
  if (offset >= (uint64_t)ARENA * LFC_THREADS) return;
  for (uint64_t i = 0; i < size; i++)
    if (((heap.wrote[(offset + i) / GRAIN] >> ((offset + i) / 2 % 8)) & 1) || (uint8_t)(value >> (8 * i)) != POISON)
      return;
  lfc_defect(LFC_V_UNINITIALISED, site, "an atomic is read that nothing has been written to since malloc");
}

uint32_t lfc_heap_leak(size_t *bytes, int *blocks) {
  uint32_t site = 0;
  *blocks = 0;
  *bytes = 0;
  for (uint32_t i = 0; i < heap.count; i++) {
    if (heap.blocks[i].state != LIVE) continue;
    if ((*blocks)++ == 0) site = heap.blocks[i].site;
    *bytes += heap.blocks[i].bytes;
  }
  return site;
}
