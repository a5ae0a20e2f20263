// An exception is caught in its thread, others run while it is handled. Broken: not caught.
#include <atomic>
#include <cassert>
#include <stdexcept>
#include <string>
#include <thread>

static std::atomic<int> caught;

static void throws(int n) {
  std::string long_enough_for_the_heap(40, 'x');
  throw std::runtime_error(long_enough_for_the_heap + std::to_string(n));
}

static void body(int n) {
#ifndef BROKEN
  try {
#endif
    throws(n);
#ifndef BROKEN
  } catch (const std::exception &e) {
    caught.fetch_add(1, std::memory_order_relaxed);
    try {
      throws(n + 1);
    } catch (const std::runtime_error &) {
    }
    assert(e.what()[40] == '0' + n);
  }
#endif
}

int main() {
  std::thread one(body, 1), two(body, 5);
  one.join();
  two.join();
  assert(caught == 2);
}
