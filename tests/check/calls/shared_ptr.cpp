// The last reference destroys, wherever it goes. Broken: a count of one's own, that is decremented relaxed.
#include <atomic>
#include <memory>
#include <thread>
#include <utility>

#ifdef BROKEN
struct Counted {
  std::atomic<int> users{2};
  int value = 1;
};
static void use(Counted *c) {
  c->value == 1 ? void() : void();
  if (c->users.fetch_sub(1, std::memory_order_relaxed) == 1) delete c;
}
int main() {
  auto *counted = new Counted;
  std::thread one(use, counted), two(use, counted);
  one.join();
  two.join();
}
#else
int main() {
  auto first = std::make_shared<int>(1);
  auto second = first;
  std::thread one([p = std::move(first)]() mutable { p.reset(); }), two([p = std::move(second)]() mutable { p.reset(); });
  one.join();
  two.join();
}
#endif
