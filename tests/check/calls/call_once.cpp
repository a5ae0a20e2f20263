// The first attempt throws, the second does it. Broken: without call_once.
#include <cassert>
#include <mutex>
#include <thread>

static std::once_flag once;
static int attempts, done;

static void make() {
  if (++attempts == 1) throw 1;
  done = 1;
}
static void use() {
  try {
#ifdef BROKEN
    if (!done) make();
#else
    std::call_once(once, make);
#endif
    assert(done == 1);
  } catch (int) {
  }
}

int main() {
  std::thread one(use), two(use);
  one.join();
  two.join();
  assert(attempts == 2 && done == 1);
}
