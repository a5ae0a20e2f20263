// A queue of one for two consumers. Broken: notify_one where both wait for the end.
#include <cassert>
#include <condition_variable>
#include <mutex>
#include <thread>

static std::mutex mutex;
static std::condition_variable changed;
static bool closed;

static void waits() {
  std::unique_lock<std::mutex> lock(mutex);
  changed.wait(lock, [] { return closed; });
}

int main() {
  std::thread one(waits), two(waits);
  {
    std::lock_guard<std::mutex> lock(mutex);
    closed = true;
  }
#ifdef BROKEN
  changed.notify_one();
#else
  changed.notify_all();
#endif
  one.join();
  two.join();
}
