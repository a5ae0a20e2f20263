"""Rings and their rivals in one thread: the price of the calls alone.

Every timed run compares what came out with what went in; divide by extra_info["items"] for one item in and out.
"""

from __future__ import annotations

import queue
from collections import deque
from itertools import repeat

import numpy as np
import pytest

from lockfree import SpscBytes, SpscRing

BURST = 256  # in, then out
BURSTS = 20
ROUNDS = 60
NUMBERS = list(range(BURST))
RECORDS = [number.to_bytes(64, "little") for number in NUMBERS]


def item_by_item(put, get, items):
    for _ in repeat(None, BURSTS):
        for item in items:
            put(item)
        if [get() for _ in repeat(None, BURST)] != items:
            raise AssertionError("not exactly once, in order")


def batch_by_batch(put_many, get_many, items):
    for _ in repeat(None, BURSTS):
        put_many(items)
        if get_many(BURST) != items:
            raise AssertionError("not exactly once, in order")


def array_by_array(put_array, get_array, items):
    for _ in repeat(None, BURSTS):
        put_array(items)
        if not (get_array(BURST) == items).all():
            raise AssertionError("not exactly once, in order")


def stdlib_batch(put, get):
    """Queue and SimpleQueue have no batch: the loop is what their users write."""

    def put_many(items):
        for item in items:
            put(item)

    return put_many, lambda n: [get() for _ in repeat(None, n)]


def measure(benchmark, group, workload, *arguments):
    benchmark.group = f"{group}: bursts of {BURST} in and out, one thread"
    benchmark.extra_info["items"] = BURST * BURSTS
    benchmark.pedantic(workload, args=arguments, rounds=ROUNDS, warmup_rounds=2)


class TestNumbersItemByItem:
    group = "int64, item by item"

    def test_spsc_ring(self, benchmark):
        ring = SpscRing(BURST, "i8")
        measure(benchmark, self.group, item_by_item, ring.put_nowait, ring.get_nowait, NUMBERS)

    def test_deque(self, benchmark):
        rival = deque()
        measure(benchmark, self.group, item_by_item, rival.append, rival.popleft, NUMBERS)

    @pytest.mark.parametrize("rival", [queue.Queue, queue.SimpleQueue])
    def test_stdlib(self, benchmark, rival):
        made = rival()
        measure(benchmark, self.group, item_by_item, made.put_nowait, made.get_nowait, NUMBERS)


class TestRecordsItemByItem:
    group = "64-byte bytes, item by item"

    def test_spsc_bytes(self, benchmark):
        ring = SpscBytes(1 << 16)
        measure(benchmark, self.group, item_by_item, ring.put_nowait, ring.get_nowait, RECORDS)

    def test_spsc_ring(self, benchmark):
        ring = SpscRing(BURST, itemsize=64)
        measure(benchmark, self.group, item_by_item, ring.put_nowait, ring.get_nowait, RECORDS)

    def test_deque(self, benchmark):
        rival = deque()
        measure(benchmark, self.group, item_by_item, rival.append, rival.popleft, RECORDS)

    @pytest.mark.parametrize("rival", [queue.Queue, queue.SimpleQueue])
    def test_stdlib(self, benchmark, rival):
        made = rival()
        measure(benchmark, self.group, item_by_item, made.put_nowait, made.get_nowait, RECORDS)


class TestNumbersInBatches:
    group = "int64, in batches"

    def test_spsc_ring_lists(self, benchmark):
        ring = SpscRing(BURST, "i8")
        measure(benchmark, self.group, batch_by_batch, ring.put_many, ring.get_many, NUMBERS)

    def test_spsc_ring_arrays(self, benchmark):
        ring = SpscRing(BURST, "i8")
        measure(benchmark, self.group, array_by_array, ring.put_array, ring.get_array, np.array(NUMBERS, "i8"))

    def test_deque_extend(self, benchmark):
        rival = deque()
        popleft = rival.popleft
        measure(
            benchmark, self.group, batch_by_batch, rival.extend, lambda n: [popleft() for _ in repeat(None, n)], NUMBERS
        )

    @pytest.mark.parametrize("rival", [queue.Queue, queue.SimpleQueue])
    def test_stdlib(self, benchmark, rival):
        made = rival()
        put_many, get_many = stdlib_batch(made.put_nowait, made.get_nowait)
        measure(benchmark, self.group, batch_by_batch, put_many, get_many, NUMBERS)


class TestRecordsInBatches:
    group = "64-byte bytes, in batches"

    def test_spsc_bytes(self, benchmark):
        ring = SpscBytes(1 << 16)
        measure(benchmark, self.group, batch_by_batch, ring.put_many, ring.get_many, RECORDS)

    def test_deque_extend(self, benchmark):
        rival = deque()
        popleft = rival.popleft
        measure(
            benchmark, self.group, batch_by_batch, rival.extend, lambda n: [popleft() for _ in repeat(None, n)], RECORDS
        )

    @pytest.mark.parametrize("rival", [queue.Queue, queue.SimpleQueue])
    def test_stdlib(self, benchmark, rival):
        made = rival()
        put_many, get_many = stdlib_batch(made.put_nowait, made.get_nowait)
        measure(benchmark, self.group, batch_by_batch, put_many, get_many, RECORDS)
