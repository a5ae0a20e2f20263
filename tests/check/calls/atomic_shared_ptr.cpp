// The free functions on shared_ptr lock. Broken: one side goes without.
#include <cassert>
#include <memory>
#include <thread>

static std::shared_ptr<int> shared = std::make_shared<int>(1);

int main() {
  std::thread one([] { std::atomic_store(&shared, std::make_shared<int>(2)); });
  {
#ifdef BROKEN
    auto mine = shared;
#else
    auto mine = std::atomic_load(&shared);
#endif
    assert(*mine == 1 || *mine == 2);
  }
  one.join();
}
