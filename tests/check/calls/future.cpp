// A promise is kept in another thread. Broken: never.
#include <cassert>
#include <future>
#include <thread>

int main() {
  std::promise<int> promise;
  std::future<int> future = promise.get_future();
  std::thread other([&promise] {
#ifndef BROKEN
    promise.set_value(5);
#endif
  });
  assert(future.get() == 5);
  other.join();
}
