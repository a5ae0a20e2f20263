"""What queue.Queue does, for one thread; item by item, then many."""

import queue
import random
from collections import deque

import pytest

from lockfree.errors import ShutDown


def same(got, item):
    return tuple(got) == item if isinstance(item, tuple) else got == item


def test_fifo_and_capacity(spec):
    ring = spec.make(4)
    items = spec.items(5)
    assert [ring.try_put(item) for item in items] == [True] * 4 + [False]
    assert ring.full()
    assert not ring.empty()
    assert ring.qsize() == 4
    got = [ring.try_get() for _ in range(4)]
    assert all(map(same, got, items))
    assert ring.try_get() is None
    assert ring.try_get(default="none") == "none"
    assert ring.try_get("none") == "none"
    assert ring.empty()
    assert not ring.full()
    assert ring.qsize() == 0


def test_put_answers_none_and_get_the_item(spec):
    ring = spec.make()
    assert ring.put(spec.item(1)) is None
    assert ring.put_nowait(spec.item(2)) is None
    assert ring.put(item=spec.item(3), block=True, timeout=None) is None
    assert same(ring.get(), spec.item(1))
    assert same(ring.get_nowait(), spec.item(2))
    assert same(ring.get(block=True, timeout=1), spec.item(3))


def test_full_and_empty_are_the_stdlibs(spec):
    ring = spec.make(4)
    for call in (ring.get_nowait, lambda: ring.get(False), lambda: ring.get(block=True, timeout=0.001)):
        with pytest.raises(queue.Empty):
            call()
    ring.put_many(spec.items(4))
    item = spec.item(9)
    for call in (lambda: ring.put_nowait(item), lambda: ring.put(item, False), lambda: ring.put(item, True, 0.001)):
        with pytest.raises(queue.Full):
            call()
    assert ring.qsize() == 4


@pytest.mark.parametrize("timeout", [-1, -0.001, float("nan")])
def test_a_negative_timeout_is_refused(spec, timeout):
    ring = spec.make()
    with pytest.raises(ValueError, match="non-negative"):
        ring.put(spec.item(0), True, timeout)
    with pytest.raises(ValueError, match="non-negative"):
        ring.get(timeout=timeout)
    with pytest.raises(queue.Empty):
        ring.get(block=False, timeout=timeout)  # as the stdlib: without waiting there is no time-out
    assert ring.empty()


def test_wrong_arguments(spec):
    ring = spec.make()
    for call in (
        ring.put,
        lambda: ring.put(spec.item(0), True, None, 4),
        lambda: ring.put(spec.item(0), blocks=True),
        lambda: ring.get(True, None, 3),
        lambda: ring.try_get(1, 2),
        lambda: ring.get(timeout="soon"),
    ):
        with pytest.raises(TypeError):
            call()


def test_many_laps_against_a_deque(spec):
    ring, model, chance = spec.make(8), deque(), random.Random(7)
    counted = 0
    for _ in range(3000):
        if chance.random() < 0.5:
            n = chance.randint(1, 5)
            batch = spec.items(n, counted % 60000)
            went = ring.put_many(batch, block=False)
            assert went == min(n, 8 - len(model))
            model.extend(batch[:went])
            counted += went
        elif chance.random() < 0.5:
            n = chance.randint(1, 6)
            got = ring.get_many(n, block=False)
            expected = [model.popleft() for _ in range(min(n, len(model)))]
            assert len(got) == len(expected)
            assert all(map(same, got, expected))
        elif model:
            assert same(ring.get(), model.popleft())
        assert ring.qsize() == len(model)
    got = ring.drain()
    assert len(got) == len(model)
    assert all(map(same, got, model))
    assert ring.drain() == []


def test_put_many_answers_how_many_went_in(spec):
    ring = spec.make(4)
    assert ring.put_many(spec.items(6), block=False) == 4
    assert ring.put_many(spec.items(2), timeout=0.001) == 0
    assert ring.put_many([]) == 0
    assert ring.get_many(2, block=False)
    assert ring.put_many(iter(spec.items(1))) == 1


def test_get_many_answers_what_is_there(spec):
    ring = spec.make(4)
    assert ring.get_many(3, block=False) == []
    assert ring.get_many(3, timeout=0.001) == []
    ring.put_many(spec.items(3))
    assert len(ring.get_many(10)) == 3
    with pytest.raises(ValueError, match="at least 1"):
        ring.get_many(0)


def test_overflow_error_raises_at_once(spec):
    ring = spec.make(4, overflow="error")
    ring.put_many(spec.items(4))
    with pytest.raises(queue.Full):
        ring.put(spec.item(9))
    assert ring.put_many(spec.items(2)) == 0
    assert ring.try_put(spec.item(9)) is False


def test_overflow_drop_new_drops_and_counts(spec):
    ring = spec.make(4, overflow="drop_new")
    assert ring.put_many(spec.items(6)) == 4
    ring.put(spec.item(9))
    ring.put_nowait(spec.item(9))
    assert ring.try_put(spec.item(9)) is False  # the caller keeps that one
    stats = ring.stats()
    assert (stats.pushed, stats.dropped) == (4, 4)
    assert all(map(same, ring.drain(), spec.items(4)))


def test_stats_count_exactly(spec):
    ring = spec.make(4)
    ring.put_many(spec.items(4))
    ring.try_put(spec.item(4))
    with pytest.raises(queue.Full):
        ring.put_nowait(spec.item(4))
    for _ in range(4):
        ring.get()
    ring.try_get()
    with pytest.raises(queue.Empty):
        ring.get_nowait()
    assert ring.get_many(1, block=False) == []
    stats = ring.stats()
    assert stats._asdict() == {
        "pushed": 4,
        "popped": 4,
        "full": 2,
        "empty": 3,
        "dropped": 0,
        "put_waits": 0,
        "get_waits": 0,
        "discarded": 0,
        "size": 0,
    }


def test_with_shuts_down(spec):
    with spec.make() as ring:
        ring.put(spec.item(1))
        assert ring.is_shutdown is False
    assert ring.is_shutdown is True
    with pytest.raises(ShutDown):
        ring.put(spec.item(2))
    assert same(ring.get(), spec.item(1))


def test_iteration_ends_at_shutdown(spec):
    ring = spec.make(4)
    ring.put_many(spec.items(3))
    ring.shutdown()
    assert all(map(same, list(ring), spec.items(3)))
    assert list(ring) == []


def test_it_does_not_pickle(spec):
    import pickle

    with pytest.raises(TypeError, match=r"multiprocessing\.Queue"):
        pickle.dumps(spec.make())


def test_repr_says_how_full(spec):
    ring = spec.make(4)
    ring.put(spec.item(0))
    assert "of 1" in repr(ring)
