// wait_for ends by itself. Broken: trusts that it was called.
#include <cassert>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

static std::mutex mutex;
static std::condition_variable changed;
static bool ready;

int main() {
  std::thread other([] {
    std::lock_guard<std::mutex> lock(mutex);
    ready = true;
    changed.notify_one();
  });
  {
    std::unique_lock<std::mutex> lock(mutex);
    const bool in_time = changed.wait_for(lock, std::chrono::seconds(5), [] { return ready; });
#ifdef BROKEN
    assert(in_time);
#else
    assert(in_time == ready);
#endif
  }
  other.join();
}
