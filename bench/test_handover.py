"""One thread to another, with waiting: the stdlib's put and get, and ours. The consumer compares every item."""

from __future__ import annotations

import queue
import threading

import pytest

from lockfree import SpscBytes, SpscRing

ITEMS = 20_000
ROUNDS = 12
BOUND = 1024
NUMBERS = list(range(ITEMS))
RECORDS = [number.to_bytes(64, "little") for number in NUMBERS]


def hand_over(make, items):
    """A fresh queue for each run, because its two sides belong to two threads."""
    made = make()
    wrong = []

    def consume():
        get = made.get
        wrong.extend(item for item in items if get() != item)

    consumer = threading.Thread(target=consume)
    consumer.start()
    put = made.put
    for item in items:
        put(item)
    consumer.join()
    if wrong:
        raise AssertionError("not exactly once, in order")


@pytest.fixture
def measure(benchmark):
    def run(group, make, items):
        benchmark.group = f"hand-over of {ITEMS} {group} between two threads, at most {BOUND} inside"
        benchmark.extra_info["items"] = ITEMS
        benchmark.pedantic(hand_over, args=(make, items), rounds=ROUNDS, warmup_rounds=1)

    return run


def test_spsc_ring(measure):
    measure("int64", lambda: SpscRing(BOUND, "i8"), NUMBERS)


def test_queue(measure):
    measure("int64", lambda: queue.Queue(BOUND), NUMBERS)


def test_simple_queue_without_a_bound(measure):
    measure("int64", queue.SimpleQueue, NUMBERS)


def test_spsc_bytes(measure):
    measure("64-byte bytes", lambda: SpscBytes(BOUND * 64), RECORDS)


def test_queue_of_bytes(measure):
    measure("64-byte bytes", lambda: queue.Queue(BOUND), RECORDS)


def test_simple_queue_of_bytes_without_a_bound(measure):
    measure("64-byte bytes", queue.SimpleQueue, RECORDS)
