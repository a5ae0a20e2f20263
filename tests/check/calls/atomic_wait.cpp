// std::atomic waits. Broken: nobody notifies.  (C++20)
#include <atomic>
#include <thread>

static std::atomic<int> ready;

int main() {
  std::thread other([] {
    ready.store(1);
#ifndef BROKEN
    ready.notify_one();
#endif
  });
  ready.wait(0);
  other.join();
}
