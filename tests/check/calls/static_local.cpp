// A local static variable is made once, and destroyed at the end. Broken: by hand, with a plain pointer.
#include <cassert>
#include <thread>
#include <vector>

static int made;

struct Thing {
  std::vector<int> items;
  Thing() : items(3, 1) { made++; }
};

static Thing &thing() {
#ifdef BROKEN
  static Thing *only;
  if (!only) only = new Thing;
  return *only;
#else
  static Thing only;
  return only;
#endif
}

int main() {
  std::thread one([] { assert(thing().items.size() == 3); }), two([] { assert(thing().items[2] == 1); });
  one.join();
  two.join();
  assert(made == 1);
}
