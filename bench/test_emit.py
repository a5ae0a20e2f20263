"""One thread, 64-byte bytes: what one event costs its producer. Divide by extra_info["calls"] for one call."""

from __future__ import annotations

import queue
from collections import deque

import pytest

import lockfree
from bench.events import call_often
from bench.places import folders

CALLS = 10_000
ROUNDS = 100


@pytest.fixture(scope="module")
def collector():
    with folders() as (lanes, segments), lockfree.Collector(lanes, segments=segments) as opened:
        yield opened
        stats = opened.stats()
        assert (stats.accepted, sum(stats.rejected.values())) == (stats.offered, 0)


@pytest.fixture
def measure(benchmark):
    benchmark.group = f"emit: {CALLS} calls, one thread, 64-byte bytes"
    benchmark.extra_info["calls"] = CALLS

    def run(make):
        benchmark.pedantic(call_often, setup=lambda: ((make(), CALLS), {}), rounds=ROUNDS, warmup_rounds=3)

    return run


def test_collector_emit(measure, collector):
    def empty_lane():
        collector.flush()
        return collector.emit

    measure(empty_lane)


def test_deque_append(measure):
    measure(lambda: deque().append)


def test_queue_put_nowait(measure):
    measure(lambda: queue.Queue().put_nowait)


def test_simple_queue_put(measure):
    measure(lambda: queue.SimpleQueue().put)
