// A detached thread. Broken: neither joined nor detached when its object goes.
#include <thread>

int main() {
  std::thread other([] {});
#ifndef BROKEN
  other.detach();
#endif
}
