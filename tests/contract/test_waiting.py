"""Two threads: sleeping, waking, shutting down. No test here is decided by the clock; a hang is a time-out."""

import itertools
import queue

import pytest

from lockfree.errors import ShutDown, WrongThreadError
from tests.contract.test_stdlib import same


def test_get_sleeps_until_a_put(spec, worker, until, asleep):
    ring = spec.make()
    getter = worker(ring.get)
    until(lambda: ring.stats().get_waits)
    asleep(getter)
    ring.put(spec.item(5))
    assert same(getter.result(), spec.item(5))
    assert ring.stats().empty == 1


def test_put_sleeps_until_a_get(spec, worker, until, asleep):
    ring = spec.make(4)

    def produce():
        ring.put_many(spec.items(4))
        ring.put(spec.item(4))

    putter = worker(produce)
    until(lambda: ring.stats().put_waits)
    asleep(putter)
    assert same(ring.get(), spec.item(0))
    putter.result()
    assert ring.qsize() == 4


def test_a_sleeper_does_not_poll(spec, worker, until, asleep):
    ring = spec.make()
    getter = worker(ring.get)
    until(lambda: ring.stats().get_waits)
    asleep(getter, 0.25)
    ring.put(spec.item(1))
    getter.result()


def test_no_wake_up_is_lost(spec, worker):
    there, back = spec.make(4), spec.make(4)

    def echo():
        for item in there:
            back.put(item if not hasattr(item, "item") else item.item())
        back.shutdown()

    other = worker(echo)
    for i in range(300):  # one item in flight: each side sleeps each time
        there.put(spec.item(i))
        assert same(back.get(), spec.item(i))
    there.shutdown()
    assert list(back) == []
    other.result()


def test_two_threads_keep_order_and_lose_nothing(spec, worker):
    ring, n = spec.make(8), 3000

    def produce():
        left = iter(spec.items(n))
        for step in itertools.cycle((1, 3, 20)):
            batch = list(itertools.islice(left, step))
            if not batch:
                break
            if step == 1:
                ring.put(batch[0])
            else:
                assert ring.put_many(batch) == len(batch)
        ring.shutdown()

    other = worker(produce)
    got = []
    for item in ring:
        got.append(item)
        if len(got) % 3 == 0:
            got += ring.drain()
    other.result()
    assert len(got) == n
    assert all(map(same, got, spec.items(n)))


def test_timeouts_wake_without_an_item(spec):
    ring = spec.make(4)
    with pytest.raises(queue.Empty):
        ring.get(timeout=0.01)
    ring.put_many(spec.items(4))
    with pytest.raises(queue.Full):
        ring.put(spec.item(0), timeout=0.01)
    stats = ring.stats()
    assert (stats.get_waits, stats.put_waits) == (1, 1)


def test_a_third_thread_shuts_a_sleeping_get_down(spec, worker, until, asleep):
    ring = spec.make()
    getter = worker(ring.get)
    until(lambda: ring.stats().get_waits)
    asleep(getter)
    worker(ring.shutdown).result()
    with pytest.raises(ShutDown):
        getter.result()


def test_a_third_thread_shuts_a_sleeping_put_down(spec, worker, until, asleep):
    ring = spec.make(4)

    def produce():
        ring.put_many(spec.items(4))
        ring.put(spec.item(4))

    putter = worker(produce)
    until(lambda: ring.stats().put_waits)
    asleep(putter)
    worker(ring.shutdown).result()
    with pytest.raises(ShutDown):
        putter.result()
    assert len(list(ring)) == 4


def test_put_many_cut_short_by_shutdown_says_how_many(spec, worker, until):
    ring = spec.make(4)
    putter = worker(ring.put_many, spec.items(6))
    until(lambda: ring.stats().put_waits)
    ring.shutdown()
    assert putter.result() == 4


def test_after_shutdown(spec):
    ring = spec.make(4)
    ring.put_many(spec.items(2))
    ring.shutdown()
    ring.shutdown()
    for call in (ring.put, ring.try_put, ring.put_nowait, lambda item: ring.put_many([item])):
        with pytest.raises(ShutDown):
            call(spec.item(3))
    with pytest.raises(ShutDown), ring.reserve(1):
        pass
    assert same(ring.try_get(), spec.item(0))
    assert len(ring.get_many(5)) == 1
    for call in (ring.get, ring.try_get, ring.get_nowait, lambda: ring.get_many(2)):
        with pytest.raises(ShutDown):
            call()
    with pytest.raises(ShutDown), ring.peek():
        pass
    assert ring.drain() == []


def test_immediate_shutdown_discards_and_counts(spec):
    ring = spec.make(4)
    ring.put_many(spec.items(3))
    ring.get()
    ring.shutdown(immediate=True)
    for call in (ring.get, ring.try_get):
        with pytest.raises(ShutDown):
            call()
    assert ring.qsize() == 0
    assert ring.empty()
    assert ring.stats().discarded == 2
    assert ring.drain() == []


def race_to_shutdown(ring, item, after, worker, until):
    """A producer and a consumer at work, and a third thread that shuts down: (accepted, received)."""
    accepted = []

    def produce():
        try:
            while True:
                accepted.append(ring.try_put(item))
        except ShutDown:
            pass

    putter, getter = worker(produce), worker(lambda: sum(1 for _ in ring))
    until(lambda: ring.stats().pushed >= after)
    ring.shutdown()
    putter.result()
    return sum(accepted), getter.result()


def test_shutdown_loses_no_accepted_item(spec, worker, until):
    for after in range(10):
        ring = spec.make(64)
        accepted, received = race_to_shutdown(ring, spec.item(3), after, worker, until)
        assert accepted == received == ring.stats().pushed


def test_shutdown_waits_out_a_put_under_way(queues, worker, until):
    # An item so large that its copy is likely to be under way; over cffi, or without the GIL, others run meanwhile.
    item = bytes(1 << 22)
    for after in range(30):
        ring = queues.SpscRing(4, itemsize=len(item))
        accepted, received = race_to_shutdown(ring, item, after, worker, until)
        assert accepted == received == ring.stats().pushed


def test_a_wait_in_an_event_loop_is_refused(spec):
    import asyncio

    ring = spec.make(4)

    async def main():
        with pytest.raises(WrongThreadError, match="try_get"):
            ring.get()
        ring.put_many(spec.items(4))  # no wait, no refusal
        with pytest.raises(WrongThreadError, match="try_put"):
            ring.put(spec.item(4))
        assert same(ring.get(), spec.item(0))

    asyncio.run(main())
