"""Many threads: each has a lane, the counters add up, lanes outlive their threads and are used again."""

import gc
import threading
import time

import pytest

import lockfree
from tests.collector import oracle


def in_threads(count, work):
    errors = []
    gate = threading.Barrier(count)

    def run(index):
        try:
            gate.wait()
            work(index)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors


@pytest.mark.parametrize("overflow", ["drop_new", "block"])
def test_eight_threads_exactly_once_in_order_and_counted(directory, overflow):
    accepted = [0] * 8

    def work(index):
        for n in range(5000):
            accepted[index] += collector.emit(b"%d:%d" % (index, n), critical=n % 3 == 0)

    with lockfree.Collector(directory, memory="8MiB", lane_bytes="64KiB", overflow=overflow) as collector:
        in_threads(8, work)
        stats = collector.stats()
    assert stats.offered == 40_000
    assert stats.accepted == sum(accepted)
    assert stats.rejected["full"] == 40_000 - sum(accepted)
    if overflow == "block":
        assert sum(accepted) == 40_000
    found = [tuple(map(int, payload.split(b":"))) for payload in oracle.payloads(directory)]
    assert len(found) == len(set(found)) == sum(accepted)
    for index in range(8):
        numbers = [n for i, n in found if i == index]
        assert numbers == sorted(numbers)
    oracle.assert_balanced(directory)


def test_typed_events_from_threads_share_one_shape(directory):
    from dataclasses import dataclass

    @dataclass
    class Tick:
        thread: int
        n: int

    def work(index):
        tick = collector.event(Tick)
        for n in range(1000):
            assert tick(index, n)

    with lockfree.Collector(directory, memory="8MiB") as collector:
        in_threads(4, work)
    assert len(oracle.payloads(directory)) == 4000
    assert set(oracle.schemas(directory).values()) == {"tick(thread:int,n:int)"}


def test_a_lane_is_used_again_after_its_thread(directory):
    with lockfree.Collector(directory, memory="4MiB") as collector:
        for n in range(100):
            thread = threading.Thread(target=collector.emit, args=(b"%d" % n,))
            thread.start()
            thread.join()
        assert collector.stats().lanes <= 3
        assert collector.stats().accepted == 100
    assert sorted(map(int, oracle.payloads(directory))) == list(range(100))
    oracle.assert_balanced(directory)


def test_memory_bounds_the_lanes(directory):
    held = threading.Event()
    answers = []

    def emit():
        answers.append(collector.emit(b"x"))
        held.wait()

    with lockfree.Collector(directory, memory="1MiB", lane_bytes="256KiB") as collector:
        threads = [threading.Thread(target=emit) for _ in range(10)]
        for thread in threads:
            thread.start()
        while len(answers) < 10:
            time.sleep(0.001)
        held.set()
        for thread in threads:
            thread.join()
        stats = collector.stats()
    assert 1 <= stats.lanes <= 4
    assert 0 < sum(answers) < 10
    assert stats.rejected["no_lane"] == 10 - sum(answers)
    assert stats.offered == 10
    oracle.assert_balanced(directory)


def test_emit_and_close_meet(directory):
    for n in range(20):
        path = directory / str(n)
        collector = lockfree.Collector(path, memory="2MiB")
        accepted = [0, 0, 0]

        def work(index, collector=collector, accepted=accepted):
            if index == 3:
                time.sleep(0.002)
                collector.close()
                return
            for k in range(3000):
                accepted[index] += collector.emit(b"%d:%d" % (index, k))

        in_threads(4, work)
        assert len(oracle.payloads(path)) == sum(accepted)
        assert oracle.assert_balanced(path)["accepted"] == sum(accepted)


def test_stats_flush_and_pressure_while_threads_emit(directory):
    done = threading.Event()

    def work(index):
        if index == 0:
            while not done.is_set():
                stats = collector.stats()
                assert stats.accepted <= stats.offered
                assert 0.0 <= collector.pressure() <= 1.0
                assert collector.flush(10)
            return
        for n in range(20_000):
            collector.emit(b"%d" % n)
        done.set()

    with lockfree.Collector(directory, memory="8MiB") as collector:
        in_threads(3, work)
    oracle.assert_balanced(directory)


def test_a_dropped_collector_drains(directory):
    collector = lockfree.Collector(directory)
    for n in range(100):
        collector.emit(b"%d" % n)
    del collector
    gc.collect()
    assert len(oracle.payloads(directory)) == 100
    assert not oracle.lanes_left(directory)
