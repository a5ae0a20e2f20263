// A worker is made and destroyed, on the heap.
int main() {
  void *const memory = std::malloc(sizeof(Worker));
  if (memory == nullptr) std::abort();
  Worker *const worker = new (memory) Worker;
  worker->~Worker();
  std::free(memory);
  return 0;
}
