// SPDX-License-Identifier: MIT
// Items per second from one pinned thread to another, for spsc_ring.h and its rivals, in one binary.
//
//   spsc ROUNDS ITEMS SEED PRODUCER_CPU CONSUMER_CPU     one JSON object a line: one case of one round
//
// Every round runs each case once, in an order drawn for that round, on memory that is fresh and touched. Both
// threads stand at a spinning gate before the clock starts. The consumer compares every item with the one due, so
// a timed run that loses, doubles or reorders anything says so ("wrong" > 0), and nothing can be optimized away.
#include <lockfree/spsc_ring.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <boost/lockfree/spsc_queue.hpp>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <random>
#include <thread>
#include <vector>

#include "textbook_ring.hpp"

namespace {

constexpr std::size_t capacity = 1024;
constexpr std::size_t batch = 32;

// Adapters: push and pop answer how many items went through; each rival is used through its own best call.

struct Ours {
  static constexpr std::size_t bytes = 6 * LF_LINE + capacity * sizeof(std::uint64_t);
  alignas(LF_LINE) unsigned char memory[bytes];
  lf_spsc_ring *ring = lf_spsc_ring_init(memory, bytes, capacity, sizeof(std::uint64_t));
};

struct OursItem : Ours {
  static constexpr std::size_t step = 1;
  std::size_t push(const std::uint64_t *items, std::size_t) {
    return lf_spsc_ring_push_sized(ring, items, sizeof *items) == LF_OK;
  }
  std::size_t pop(std::uint64_t *items, std::size_t) {
    return lf_spsc_ring_pop_sized(ring, items, sizeof *items) == LF_OK;
  }
};

struct OursBatch : Ours {
  static constexpr std::size_t step = batch;
  std::size_t push(const std::uint64_t *items, std::size_t n) { return lf_spsc_ring_push_n(ring, items, n); }
  std::size_t pop(std::uint64_t *items, std::size_t n) { return lf_spsc_ring_pop_n(ring, items, n); }
};

struct TextbookItem {
  static constexpr std::size_t step = 1;
  TextbookRing<std::uint64_t, capacity> ring;
  std::size_t push(const std::uint64_t *items, std::size_t) { return ring.push(*items); }
  std::size_t pop(std::uint64_t *items, std::size_t) { return ring.pop(*items); }
};

struct Boost {
  boost::lockfree::spsc_queue<std::uint64_t, boost::lockfree::capacity<capacity>> ring;
};

struct BoostItem : Boost {
  static constexpr std::size_t step = 1;
  std::size_t push(const std::uint64_t *items, std::size_t) { return ring.push(*items); }
  std::size_t pop(std::uint64_t *items, std::size_t) { return ring.pop(*items); }
};

struct BoostBatch : Boost {
  static constexpr std::size_t step = batch;
  std::size_t push(const std::uint64_t *items, std::size_t n) { return ring.push(items, n); }
  std::size_t pop(std::uint64_t *items, std::size_t n) { return ring.pop(items, n); }
};

// What the machine can do: the same bytes through the same memory in four blocks, so that hardly a counter moves
// and nothing but lines travels. Not a queue: it hands over whole blocks only.
struct Limit {
  static constexpr std::size_t step = capacity / 4;
  alignas(LF_LINE) std::atomic<std::uint64_t> filled{0};
  alignas(LF_LINE) std::atomic<std::uint64_t> drained{0};
  alignas(LF_LINE) std::uint64_t blocks[4][step];
  std::size_t push(const std::uint64_t *items, std::size_t n) {
    const std::uint64_t block = filled.load(std::memory_order_relaxed);
    if (block - drained.load(std::memory_order_acquire) == 4) return 0;
    std::memcpy(blocks[block % 4], items, n * sizeof *items);
    filled.store(block + 1, std::memory_order_release);
    return n;
  }
  std::size_t pop(std::uint64_t *items, std::size_t n) {
    const std::uint64_t block = drained.load(std::memory_order_relaxed);
    if (filled.load(std::memory_order_acquire) == block) return 0;
    std::memcpy(items, blocks[block % 4], n * sizeof *items);
    drained.store(block + 1, std::memory_order_release);
    return n;
  }
};

struct Side {
  double start, end;
  std::uint64_t failed, wrong;
  long preempted;
};

double now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

long preemptions() {
  rusage usage;
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nivcsw;
}

void pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (pthread_setaffinity_np(pthread_self(), sizeof set, &set) != 0) {
    std::fprintf(stderr, "cannot pin a thread to CPU %d: give two CPUs of this machine's affinity mask\n", cpu);
    std::exit(2);
  }
}

class Gate {
  std::atomic<int> arrived{0};

 public:
  void wait() {
    arrived.fetch_add(1);
    while (arrived.load() < 2) lf_pause();
  }
};

template <typename Queue>
Side produce(Queue &queue, Gate &gate, std::uint64_t count, int cpu) {
  pin(cpu);
  Side side{};
  std::uint64_t items[Queue::step];
  const long before = preemptions();
  gate.wait();
  side.start = now();
  for (std::uint64_t next = 0; next < count;) {
    const std::size_t n = std::min<std::uint64_t>(Queue::step, count - next);
    for (std::size_t i = 0; i < n; ++i) items[i] = next + i;
    for (std::size_t done = 0; done < n;) {
      const std::size_t went = queue.push(items + done, n - done);
      done += went;
      if (went == 0) {
        ++side.failed;
        lf_pause();
      }
    }
    next += n;
  }
  side.end = now();
  side.preempted = preemptions() - before;
  return side;
}

template <typename Queue>
Side consume(Queue &queue, Gate &gate, std::uint64_t count, int cpu) {
  pin(cpu);
  Side side{};
  std::uint64_t items[Queue::step];
  const long before = preemptions();
  gate.wait();
  side.start = now();
  for (std::uint64_t due = 0; due < count;) {
    const std::size_t came = queue.pop(items, Queue::step);
    for (std::size_t i = 0; i < came; ++i) side.wrong += items[i] != due + i;
    due += came;
    if (came == 0) {
      ++side.failed;
      lf_pause();
    }
  }
  side.end = now();
  side.wrong += queue.pop(items, Queue::step);
  side.preempted = preemptions() - before;
  return side;
}

template <typename Queue>
void run(int round, const char *name, std::uint64_t count, const int *cpus) {
  // Pages of its own, touched: neither a page fault nor a neighbour's line is inside the clock.
  constexpr std::size_t page = 4096;
  const std::size_t bytes = (sizeof(Queue) + page - 1) / page * page;
  std::unique_ptr<void, decltype(&std::free)> memory(std::aligned_alloc(page, bytes), &std::free);
  std::memset(memory.get(), 1, bytes);
  Queue *queue = new (memory.get()) Queue();
  Gate gate;
  Side in, out;
  std::thread producer([&] { in = produce(*queue, gate, count, cpus[0]); });
  std::thread consumer([&] { out = consume(*queue, gate, count, cpus[1]); });
  producer.join();
  consumer.join();
  queue->~Queue();
  const double nanoseconds = out.end - std::min(in.start, out.start);
  const double overlap = (std::min(in.end, out.end) - std::max(in.start, out.start)) / nanoseconds;
  std::printf("{\"round\": %d, \"case\": \"%s\", \"items\": %" PRIu64
              ", \"ns\": %.0f, \"overlap\": %.4f, "
              "\"full\": %" PRIu64 ", \"empty\": %" PRIu64 ", \"wrong\": %" PRIu64 ", \"preempted\": %ld}\n",
              round, name, count, nanoseconds, overlap, in.failed, out.failed, out.wrong, in.preempted + out.preempted);
  std::fflush(stdout);
}

struct Case {
  const char *name;
  void (*run)(int, const char *, std::uint64_t, const int *);
};

}  // namespace

int main(int argc, char **argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: %s ROUNDS ITEMS SEED PRODUCER_CPU CONSUMER_CPU\n", argv[0]);
    return 2;
  }
  const int rounds = std::atoi(argv[1]);
  const std::uint64_t items = std::strtoull(argv[2], nullptr, 10) / capacity * capacity;  // whole blocks
  std::mt19937_64 draw(std::strtoull(argv[3], nullptr, 10));
  const int cpus[2] = {std::atoi(argv[4]), std::atoi(argv[5])};
  // "ours_again" is the A/A row: the same code under a second name.
  std::vector<Case> cases = {
      {"ours", run<OursItem>},   {"ours_again", run<OursItem>},  {"textbook", run<TextbookItem>},
      {"boost", run<BoostItem>}, {"ours_batch", run<OursBatch>}, {"boost_batch", run<BoostBatch>},
      {"limit", run<Limit>}};
  for (const Case &each : cases)
    each.run(-1, each.name, items / capacity / 4 * capacity, cpus);  // warm-up: round -1 is dropped
  for (int round = 0; round < rounds; ++round) {
    std::shuffle(cases.begin(), cases.end(), draw);
    for (const Case &each : cases) each.run(round, each.name, items, cpus);
  }
}
