// std::thread and its exceptions' absence. Broken: not joined.
#include <cassert>
#include <memory>
#include <thread>

int main() {
  auto result = std::make_unique<int>(0);
  std::thread other([&result](int n) { *result = n; }, 5);
  assert(other.get_id() != std::thread::id() && std::this_thread::get_id() != std::thread::id());
#ifndef BROKEN
  other.join();
#endif
  assert(*result == 5);
}
