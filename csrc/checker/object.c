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
#include <sys/single_threaded.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cxx.h"
#include "execution.h"
#include "thread_locals.h"
#include "wrap.h"

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
  size_t local_bytes, local_filled, local_alignment;
  const void *local_image;
  uint64_t constructors; /* where their addresses are, in the object */
  size_t constructor_count;
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
    object.local_alignment = p->p_align;
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

/* The file as it is. Writable: what is changed here is not changed there. */
static unsigned char *map(const char *path, size_t *bytes) {
  struct stat st;
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return NULL;
  unsigned char *file =
      fstat(fd, &st) == 0 ? mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0) : MAP_FAILED;
  (void)close(fd);
  *bytes = (size_t)st.st_size;
  if (file == MAP_FAILED) return NULL;
  if (*bytes > sizeof(ElfW(Ehdr)) && memcmp(file, ELFMAG, SELFMAG) == 0) return file;
  (void)munmap(file, *bytes);
  return NULL;
}

/* The loader must not call the object's constructors: they are the program's, and run in each execution anew. */
static void hide_constructors(unsigned char *file) {
  const ElfW(Ehdr) *head = (const void *)file;
  const ElfW(Phdr) *part = (const void *)(file + head->e_phoff);
  for (int i = 0; i < head->e_phnum; i++) {
    if (part[i].p_type != PT_DYNAMIC) continue;
    for (ElfW(Dyn) *d = (void *)(file + part[i].p_offset); d->d_tag != DT_NULL; d++) {
      if (d->d_tag == DT_INIT_ARRAY) object.constructors = d->d_un.d_ptr;
      if (d->d_tag == DT_INIT_ARRAYSZ) object.constructor_count = d->d_un.d_val / sizeof(void *);
      if (d->d_tag == DT_INIT_ARRAYSZ || d->d_tag == DT_FINI_ARRAYSZ) d->d_un.d_val = 0;
    }
  }
}

static void *load(const unsigned char *file, size_t bytes) {
  char path[40];
  const int fd = memfd_create("object", MFD_CLOEXEC);
  if (fd < 0) return NULL;
  for (size_t done = 0; done < bytes;) {
    const ssize_t n = write(fd, file + done, bytes - done);
    if (n <= 0) return NULL;
    done += (size_t)n;
  }
  (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  (void)close(fd);
  return handle;
}

void lfc_object_construct(void) {
  for (size_t i = 0; i < object.constructor_count; i++) {
    void (*call)(void);
    memcpy(&call, (const void *)(uintptr_t)(object.base + object.constructors + i * sizeof call), sizeof call);
    call();
  }
}

/* The object's own table of symbols, which names its static variables too. */
static void read_symbols(const unsigned char *file) {
  const ElfW(Ehdr) *head = (const void *)file;
  const ElfW(Shdr) *section = (const void *)(file + head->e_shoff);
  int names = 0;
  for (int i = 0; i < head->e_shnum; i++) {
    if (section[i].sh_type != SHT_SYMTAB) continue;
    object.symbols = (const void *)(file + section[i].sh_offset);
    object.symbol_count = section[i].sh_size / sizeof *object.symbols;
    object.strings = (const char *)file + section[section[i].sh_link].sh_offset;
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
  size_t bytes, module = 0;
  unsigned char *file = map(path, &bytes);
  if (file == NULL) {
    (void)snprintf(lfc_object_error, sizeof lfc_object_error, "%s: cannot be read, or is no shared object", path);
    return false;
  }
  hide_constructors(file);
  object.handle = load(file, bytes);
  if (object.handle == NULL) {
    const char *said = dlerror(), *why = said ? strstr(said, ": ") : NULL;
    (void)snprintf(lfc_object_error, sizeof lfc_object_error, "%s%s", path, why ? why : ": cannot be loaded");
    return false;
  }
  (void)dl_iterate_phdr(find, NULL);
  read_symbols(file);
  if (object.local_bytes && dlinfo(object.handle, RTLD_DI_TLS_MODID, &module) == 0)
    lfc_thread_locals_are(object.local_image, object.local_filled, object.local_bytes, object.local_alignment, module);
  lfc_thread_locals_of_libraries(object.handle);
  lfc_cxx_loaded(object.handle);
  __libc_single_threaded = 0; /* or the C++ library takes its short cuts */
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
  lfc_thread_locals_new_run();
  lfc_cxx_new_run();
}

uint32_t lfc_site(const void *address) { return (uint32_t)((uint64_t)(uintptr_t)address - object.base); }

bool lfc_object_is_optimised(void) { return object.optimised; }

bool lfc_object_has_code(const void *address) {
  return (uintptr_t)address >= object.code && (uintptr_t)address < object.code_end;
}

/* Its functions may be without frame pointers, so that the stack is searched for what looks like a return address. */
uint32_t lfc_outer_site(const void *return_address) {
  if (lfc_object_has_code(return_address)) return lfc_site(return_address);
  const lfc_thread *t = lfc_self();
  const unsigned char *end = t->co.stack + t->co.bytes, *at = __builtin_frame_address(0);
  if (at < t->co.stack) return 1;
  for (; at + sizeof(void *) <= end; at += sizeof(void *)) {
    const void *word;
    memcpy(&word, at, sizeof word);
    if (lfc_object_has_code(word)) return lfc_site(word);
  }
  return 1; /* somewhere: 0 would be nowhere */
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
