"""When the lane is full: drop_new, error and block each do what they say, and each rejection is counted once."""

import asyncio
import queue
import signal
import threading
import time

import pytest

import lockfree
from lockfree import errors
from tests.collector import oracle


def emit_until_it_raises(collector):
    while True:
        collector.emit(bytes(64))


def test_drop_new_answers_false_and_counts(full_lane):
    collector, taken = full_lane()
    answers = [collector.emit(bytes(64)) for _ in range(500)]
    stats = collector.stats()
    assert False in answers
    assert stats.accepted == taken + sum(answers)
    assert stats.rejected["full"] == 500 - sum(answers)
    assert stats.offered == taken + 500


def test_the_last_tenth_is_kept_for_critical_events(full_lane, directory):
    collector, _ = full_lane()
    while collector.emit(bytes(64)):
        pass
    assert 0.85 < collector.pressure() < 0.92
    critical = 0
    while collector.emit(b"critical", critical=True):
        critical += 1
    assert critical * 32 == pytest.approx(65536 / 10, rel=0.1)
    assert collector.pressure() > 0.99
    collector.close()
    assert oracle.payloads(directory)[-critical:] == [b"critical"] * critical
    oracle.assert_balanced(directory)


def test_error_raises_a_queue_full_that_says_what_to_do(full_lane):
    collector, _ = full_lane(overflow="error")
    with pytest.raises(queue.Full, match="overflow=") as caught:
        emit_until_it_raises(collector)
    assert type(caught.value) is errors.CollectorFullError
    stats = collector.stats()
    assert (stats.offered, stats.rejected["full"]) == (stats.accepted + 1, 1)


def test_error_tells_too_long_from_full(directory):
    with lockfree.Collector(directory, lane_bytes="64KiB", overflow="error") as collector:
        with pytest.raises(ValueError, match="lane_bytes"):
            collector.emit(bytes(65536))
        assert collector.stats().rejected["too_big"] == 1


def test_too_long_is_false_and_counted_otherwise(directory):
    for overflow in ("drop_new", "block"):
        with lockfree.Collector(directory, lane_bytes="64KiB", overflow=overflow) as collector:
            assert collector.emit(bytes(65536)) is False
            assert collector.stats().rejected["too_big"] == 1
    oracle.assert_balanced(directory)


def test_block_gives_up_at_its_deadline_and_counts_once(full_lane):
    collector, taken = full_lane(overflow="block", block_timeout=0.15)
    while collector.pressure() < 0.895:
        taken += collector.emit(bytes(8))
    started = time.monotonic()
    assert collector.emit(bytes(1000)) is False
    assert 0.14 < time.monotonic() - started < 5
    stats = collector.stats()
    assert (stats.rejected["full"], stats.accepted, stats.offered) == (1, taken, taken + 1)


def test_block_waits_for_the_drain_and_loses_nothing(directory):
    expected = [b"%064d" % n for n in range(100_000)]
    with lockfree.Collector(directory, memory="1MiB", lane_bytes="64KiB", overflow="block") as collector:
        assert all(collector.emit(payload) for payload in expected)
    assert oracle.payloads(directory) == expected
    sums = oracle.assert_balanced(directory)
    assert (sums["offered"], sums["rejected.full"]) == (100_000, 0)


def test_block_lets_other_threads_run(full_lane):
    collector, _ = full_lane(overflow="block", block_timeout=0.5)
    ran = 0
    answer = []

    def emit():
        while not answer or answer[-1]:
            answer.append(collector.emit(bytes(64)))

    thread = threading.Thread(target=emit)
    thread.start()
    while thread.is_alive():
        ran += 1
        time.sleep(0.001)
    assert ran > 50
    assert answer[-1] is False


def test_block_never_stops_an_event_loop(full_lane):
    collector, _ = full_lane(overflow="block")

    async def fill():
        while True:
            collector.emit(bytes(64))

    with pytest.raises(errors.WrongThreadError, match="run_in_executor"):
        asyncio.run(fill())
    stats = collector.stats()
    assert stats.rejected["full"] == 1
    assert stats.offered == stats.accepted + 1


def test_a_signal_interrupts_block(full_lane):
    collector, _ = full_lane(overflow="block")

    class AlarmError(Exception):
        pass

    def ring(*_):
        raise AlarmError

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(AlarmError):
            emit_until_it_raises(collector)
    finally:
        signal.signal(signal.SIGALRM, before)
    stats = collector.stats()
    assert stats.offered == stats.accepted + stats.rejected["full"]
    assert stats.rejected["full"] == 1


def test_close_releases_who_waits(directory):
    collector = lockfree.Collector(directory, memory="1MiB", lane_bytes="64KiB", overflow="block", drain=False)
    started = threading.Event()
    answers = []

    def emit():
        started.set()
        while not answers or answers[-1]:
            answers.append(collector.emit(bytes(64)))

    thread = threading.Thread(target=emit)
    thread.start()
    started.wait()
    time.sleep(0.1)
    collector.close()
    thread.join(10)
    assert not thread.is_alive()
    sums = oracle.assert_balanced(directory)
    assert sums["accepted"] == sum(answers)


@pytest.mark.parametrize("overflow", ["drop_new", "block"])
def test_after_close_emit_answers_false_and_counts(directory, overflow):
    collector = lockfree.Collector(directory, overflow=overflow)
    collector.emit(b"before")
    collector.close()
    assert collector.emit(b"after") is False
    threading.Thread(target=lambda: collector.emit(b"from a new thread")).start()
    deadline = time.monotonic() + 5
    while collector.stats().rejected["closed"] < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert collector.stats().rejected["closed"] == 2
    assert oracle.payloads(directory) == [b"before"]


def test_after_close_error_raises(directory):
    collector = lockfree.Collector(directory, overflow="error")
    collector.close()
    with pytest.raises(errors.CollectorClosedError, match="open another"):
        collector.emit(b"after")
    with pytest.raises(errors.CollectorClosedError):
        collector.flush()
    collector.close()
