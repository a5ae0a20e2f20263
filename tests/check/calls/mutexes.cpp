// Recursive, shared and timed mutexes. Broken: the writer shares.
#include <cassert>
#include <chrono>
#include <mutex>
#include <shared_mutex>
#include <thread>

static std::recursive_mutex recursive;
static std::shared_mutex shared;
static std::timed_mutex timed;
static int a, b;

static void reads() {
  std::shared_lock<std::shared_mutex> lock(shared);
  assert(a == b);
}
static void writes() {
#ifdef BROKEN
  std::shared_lock<std::shared_mutex> lock(shared);
#else
  std::unique_lock<std::shared_mutex> lock(shared);
#endif
  a = b = 1;
}

int main() {
  std::thread one(reads), two(writes);
  {
    std::lock_guard<std::recursive_mutex> outer(recursive), inner(recursive);
  }
  if (timed.try_lock_for(std::chrono::seconds(1))) timed.unlock();
  one.join();
  two.join();
}
