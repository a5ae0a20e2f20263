// The program's own operator new is used. Broken: its operator delete forgets to free.
#include <cassert>
#include <cstdlib>
#include <new>

static int calls;

void *operator new(std::size_t n) {
  calls++;
  return std::malloc(n);
}
void operator delete(void *p) noexcept {
#ifndef BROKEN
  std::free(p);
#endif
}
void operator delete(void *p, std::size_t) noexcept { operator delete(p); }

int main() {
  int *volatile one = new int(1);
  delete one;
  assert(calls == 1);
}
