// new in its forms. Broken: deleted twice.
#include <cassert>
#include <cstdint>
#include <new>
#include <string>
#include <vector>

struct alignas(128) Wide {
  int x = 1;
};

int main() {
  auto *wide = new Wide;
  auto *many = new Wide[3];
  auto *one = new (std::nothrow) int(5);
  std::string text(100, 'x');
  text += std::string(100, 'y');
  std::vector<std::string> texts(3, text);
  assert(reinterpret_cast<std::uintptr_t>(wide) % 128 == 0 && reinterpret_cast<std::uintptr_t>(many) % 128 == 0);
  delete wide;
  delete[] many;
  delete one;
#ifdef BROKEN
  delete one;
#endif
}
