/* mmap, aligned memory, realloc. Broken: the old block is used after realloc. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "threads.h"

int main(void) {
  char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  assert((uintptr_t)page % 4096 == 0 && page[4095] == 0);
  munmap(page, 4096);
  void *aligned;
  assert(posix_memalign(&aligned, 256, 10) == 0 && (uintptr_t)aligned % 256 == 0);
  free(aligned);
  char *block = malloc(4);
  memset(block, 7, 4);
  char *more = realloc(block, 8);
#ifdef BROKEN
  assert(block[0] == 7);
#endif
  assert(more[3] == 7);
  free(more);
}
