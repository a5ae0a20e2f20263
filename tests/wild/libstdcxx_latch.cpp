// std::latch and std::counting_semaphore. Broken: it counts one more.  (C++20)
#include <cassert>
#include <latch>
#include <semaphore>
#include <thread>

static int data;

int main() {
#ifdef BROKEN
  std::latch done(2);
#else
  std::latch done(1);
#endif
  std::thread other([&done] {
    data = 1;
    done.count_down();
  });
  done.wait();
  assert(data == 1);
  other.join();
}
