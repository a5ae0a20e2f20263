// A global object is new in every execution. Broken: what it holds is still held.
#include <cassert>
#include <mutex>
#include <thread>
#include <vector>

static std::mutex mutex;
static std::vector<int> *items = new std::vector<int>;
struct Closer {
  ~Closer() {
#ifndef BROKEN
    delete items;
#endif
  }
} closer;

static void add() {
  std::lock_guard<std::mutex> lock(mutex);
  items->push_back(1);
}

int main() {
  assert(items->empty());
  std::thread one(add), two(add);
  one.join();
  two.join();
  assert(items->size() == 2);
}
