/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "object.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "execution.h"

char lfc_object_error[600];

enum { PARTS = 8, SCENARIOS = 256 };
static struct {
  void *handle;
  uint64_t base;
  uint64_t code, code_end;
  int parts;
  struct {
    unsigned char *now, *then;
    size_t bytes;
  } part[PARTS]; /* writable memory, and a copy of it from just after loading */
  size_t local_bytes, local_filled;
  const void *local_image;
  unsigned char *local[LFC_THREADS];
  const char *scenario[SCENARIOS + 1];
  const char *strings;
  const ElfW(Sym) * symbols;
  size_t symbol_count;
  bool optimised;
} object;

static int find(struct dl_phdr_info *info, size_t size, void *unused) {
  struct link_map *map;
  (void)size;
  (void)unused;
  if (dlinfo(object.handle, RTLD_DI_LINKMAP, &map) != 0 || info->dlpi_addr != map->l_addr) return 0;
  object.base = info->dlpi_addr;
  uint64_t fixed = 0, fixed_end = 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *p = &info->dlpi_phdr[i];
    if (p->p_type == PT_GNU_RELRO) fixed = p->p_vaddr, fixed_end = (p->p_vaddr + p->p_memsz) & ~(uint64_t)4095;
    if (p->p_type != PT_TLS) continue;
    object.local_bytes = p->p_memsz;
    object.local_filled = p->p_filesz;
    object.local_image = (const void *)(object.base + p->p_vaddr);
  }
  for (int i = 0; i < info->dlpi_phnum && object.parts < PARTS; i++) {
    const ElfW(Phdr) *p = &info->dlpi_phdr[i];
    if (p->p_type == PT_LOAD && p->p_flags & PF_X) {
      object.code = object.base + p->p_vaddr;
      object.code_end = object.code + p->p_memsz;
    }
    if (p->p_type != PT_LOAD || !(p->p_flags & PF_W)) continue;
    uint64_t from = p->p_vaddr, to = p->p_vaddr + p->p_memsz;
    if (fixed >= from && fixed < to && fixed_end > from) from = fixed_end; /* read-only since relocation */
    if (from >= to) continue;
    object.part[object.parts].now = (unsigned char *)(object.base + from);
    object.part[object.parts++].bytes = to - from;
  }
  return 1;
}

/* The object's own table of symbols, which names its static variables too. */
static void read_symbols(const char *path) {
  struct stat st;
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  const char *file = fstat(fd, &st) == 0 ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
  (void)close(fd);
  if (file == MAP_FAILED) return;
  const ElfW(Ehdr) *head = (const void *)file;
  const ElfW(Shdr) *section = (const void *)(file + head->e_shoff);
  int names = 0;
  for (int i = 0; i < head->e_shnum; i++) {
    if (section[i].sh_type != SHT_SYMTAB) continue;
    object.symbols = (const void *)(file + section[i].sh_offset);
    object.symbol_count = section[i].sh_size / sizeof *object.symbols;
    object.strings = file + section[section[i].sh_link].sh_offset;
  }
  static const char prefix[] = "lf_scenario_";
  for (size_t i = 0; i < object.symbol_count && names < SCENARIOS; i++) {
    const ElfW(Sym) *s = &object.symbols[i];
    if (strcmp(object.strings + s->st_name, "lf_checked_optimised") == 0) object.optimised = true;
    if (ELF64_ST_TYPE(s->st_info) != STT_FUNC || s->st_shndx == SHN_UNDEF || ELF64_ST_BIND(s->st_info) != STB_GLOBAL)
      continue;
    const char *name = object.strings + s->st_name;
    if (strcmp(name, "main") == 0) object.scenario[names++] = name;
    if (strncmp(name, prefix, sizeof prefix - 1) == 0) object.scenario[names++] = name + sizeof prefix - 1;
  }
  object.scenario[names] = NULL;
}

bool lfc_object_load(const char *path) {
  object.handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (object.handle == NULL) {
    (void)snprintf(lfc_object_error, sizeof lfc_object_error, "%s", dlerror());
    return false;
  }
  (void)dl_iterate_phdr(find, NULL);
  read_symbols(path);
  for (int i = 0; i < object.parts; i++) {
    object.part[i].then = malloc(object.part[i].bytes);
    if (object.part[i].then == NULL) abort();
    memcpy(object.part[i].then, object.part[i].now, object.part[i].bytes);
  }
  return true;
}

const char *const *lfc_object_scenarios(void) { return object.scenario; }

void *lfc_object_scenario(const char *name) {
  char full[256];
  const char *const symbol = strcmp(name, "main") == 0 ? name : full;
  (void)snprintf(full, sizeof full, "lf_scenario_%s", name);
  return dlsym(object.handle, symbol);
}

void lfc_object_reset(void) {
  for (int i = 0; i < object.parts; i++) memcpy(object.part[i].now, object.part[i].then, object.part[i].bytes);
  if (object.local_bytes) lfc_object_new_thread_locals(0);
}

extern void *__tls_get_addr(size_t module_and_offset[2]); /* unlike dlinfo, makes them if nobody has asked yet */

static unsigned char *locals(void) {
  size_t at[2] = {0, 0};
  return dlinfo(object.handle, RTLD_DI_TLS_MODID, at) == 0 ? __tls_get_addr(at) : NULL;
}

void lfc_object_new_thread_locals(int thread) {
  if (object.local_bytes == 0) return;
  if (object.local[thread] == NULL) object.local[thread] = malloc(object.local_bytes);
  unsigned char *to = thread == 0 ? locals() : object.local[thread];
  if (to == NULL) return;
  memcpy(to, object.local_image, object.local_filled);
  memset(to + object.local_filled, 0, object.local_bytes - object.local_filled);
}

void lfc_object_swap_thread_locals(int from, int to) {
  if (object.local_bytes == 0 || from == to) return;
  unsigned char *now = locals();
  if (now == NULL) return;
  if (object.local[from] == NULL) object.local[from] = malloc(object.local_bytes);
  if (object.local[from] == NULL || object.local[to] == NULL) abort();
  memcpy(object.local[from], now, object.local_bytes);
  memcpy(now, object.local[to], object.local_bytes);
}

uint32_t lfc_site(const void *address) { return (uint32_t)((uint64_t)(uintptr_t)address - object.base); }

bool lfc_object_is_optimised(void) { return object.optimised; }

bool lfc_object_has_code(const void *address) {
  return (uintptr_t)address >= object.code && (uintptr_t)address < object.code_end;
}

const char *lfc_object_symbol(uint64_t address, uint64_t *behind) {
  const uint64_t at = address - object.base;
  for (size_t i = 0; i < object.symbol_count; i++) {
    const ElfW(Sym) *s = &object.symbols[i];
    if (ELF64_ST_TYPE(s->st_info) != STT_OBJECT || at < s->st_value || at >= s->st_value + s->st_size) continue;
    *behind = at - s->st_value;
    return object.strings + s->st_name;
  }
  return NULL;
}
