// Thread-local variables are destroyed at their thread's end. Broken: one is deleted by nobody.
#include <cassert>
#include <atomic>
#include <memory>
#include <thread>

static std::atomic<int> alive;

struct Thing {
  std::unique_ptr<int> inside{new int(1)};
  Thing() { alive.fetch_add(1, std::memory_order_relaxed); }
  ~Thing() {
#ifdef BROKEN
    inside.release();
#endif
    alive.fetch_sub(1, std::memory_order_relaxed);
  }
};
static thread_local Thing mine;

int main() {
  std::thread one([] { assert(*mine.inside == 1); }), two([] { *mine.inside += 1; });
  one.join();
  two.join();
  assert(alive == 0);
}
