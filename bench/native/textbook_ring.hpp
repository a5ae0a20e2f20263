// SPDX-License-Identifier: MIT
// The ring of the textbooks, with each side's cached copy of the other's index: the bar that spsc_ring.h must reach.
// Everything is given to it that a compiler can use: capacity and item type are template arguments.
#ifndef LOCKFREE_BENCH_TEXTBOOK_RING_HPP
#define LOCKFREE_BENCH_TEXTBOOK_RING_HPP

#include <atomic>
#include <cstddef>
#include <cstdint>

template <typename Item, std::size_t Capacity>
class TextbookRing {
  static_assert((Capacity & (Capacity - 1)) == 0, "a power of two");

 public:
  bool push(const Item &item) {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_seen_ == Capacity) {
      head_seen_ = head_.load(std::memory_order_acquire);
      if (tail - head_seen_ == Capacity) return false;
    }
    items_[tail & (Capacity - 1)] = item;
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  bool pop(Item &item) {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_seen_) {
      tail_seen_ = tail_.load(std::memory_order_acquire);
      if (head == tail_seen_) return false;
    }
    item = items_[head & (Capacity - 1)];
    head_.store(head + 1, std::memory_order_release);
    return true;
  }

 private:
  // Each side's own index and its copy of the other's share a line: both are touched by that side alone.
  alignas(128) std::atomic<std::uint64_t> tail_{0};
  std::uint64_t head_seen_{0};
  alignas(128) std::atomic<std::uint64_t> head_{0};
  std::uint64_t tail_seen_{0};
  alignas(128) Item items_[Capacity];
};

#endif
