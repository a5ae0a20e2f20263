"""Who may use which side."""

import gc

import pytest

from lockfree.errors import WrongThreadError


def test_a_second_producing_thread_is_refused(spec, worker):
    ring = spec.make(4)
    ring.put(spec.item(0))
    for call in (ring.put, ring.try_put, ring.put_nowait, lambda item: ring.put_many([item])):
        with pytest.raises(WrongThreadError, match=r"MainThread.*producer\(\)"):
            worker(call, spec.item(1)).result()
    assert ring.qsize() == 1


def test_a_second_consuming_thread_is_refused(spec, worker):
    ring = spec.make(4)
    ring.put(spec.item(0))
    assert ring.try_get() is not None
    for call in (ring.get, ring.try_get, ring.get_nowait, ring.drain, lambda: ring.get_many(1), lambda: next(ring)):
        with pytest.raises(WrongThreadError, match=r"MainThread.*consumer\(\)"):
            worker(call).result()


def test_both_sides_in_one_thread_and_looking_from_any(spec, worker):
    ring = spec.make(4)
    ring.put(spec.item(0))
    ring.get()
    assert worker(lambda: (ring.qsize(), ring.empty(), ring.full(), ring.stats().pushed)).result() == (
        0,
        True,
        False,
        1,
    )


def test_the_side_of_a_finished_thread_is_taken_over_by_a_handle(spec, worker):
    ring = spec.make(4)
    worker(ring.put, spec.item(0)).result()
    with pytest.raises(WrongThreadError, match=r"has finished: call producer\(\)"):
        ring.put(spec.item(1))
    with ring.producer() as side:
        side.put(spec.item(1))
    assert ring.qsize() == 2


def test_a_handle_keeps_others_out(spec, worker):
    ring = spec.make(4)
    with ring.producer() as side:
        for call in (ring.producer, worker(ring.producer).result):
            with pytest.raises(WrongThreadError, match=r"queue\.Queue"):
                call()
        side.put(spec.item(0))
        with pytest.raises(WrongThreadError, match="MainThread"):
            worker(ring.producer).result()
    worker(ring.put, spec.item(1)).result()
    assert ring.qsize() == 2


def test_a_handle_hands_the_side_to_the_thread_that_uses_it_first(spec, worker):
    ring = spec.make(4)
    side = ring.producer()
    worker(side.put, spec.item(0)).result()
    with ring.producer() as mine:  # that thread has finished
        mine.put(spec.item(1))
    side.release()  # of a handle that lost its side: nothing
    assert ring.qsize() == 2


def test_a_live_threads_side_is_released_by_that_thread_only(spec, worker, until):
    ring = spec.make(4)
    side = ring.consumer()
    getter = worker(side.get)
    until(lambda: ring.stats().get_waits)
    with pytest.raises(WrongThreadError):
        side.release()
    ring.put(spec.item(0))
    getter.result()
    side.release()


def test_a_released_handle_refuses(spec):
    ring = spec.make(4)
    side, other = ring.producer(), ring.consumer()
    side.release()
    side.release()
    other.release()
    for call in (lambda: side.put(spec.item(0)), lambda: side.try_put(spec.item(0)), other.get, lambda: next(other)):
        with pytest.raises(WrongThreadError, match="released"):
            call()
    ring.put(spec.item(0))
    assert ring.get() is not None


def test_a_forgotten_handle_gives_the_side_back(spec):
    ring = spec.make(4)
    side = ring.producer()
    side.put(spec.item(0))
    del side
    gc.collect()
    with ring.producer() as side:
        assert side.try_put(spec.item(1)) is True


def test_a_consumer_handle_iterates(spec):
    ring = spec.make(4)
    ring.put_many(spec.items(3))
    ring.shutdown()
    with ring.consumer() as side:
        assert len(list(side)) == 3


def test_a_handle_is_not_released_under_a_view(queues):
    ring = queues.SpscRing(4, "i8")
    side = ring.producer()
    with side.reserve(1) as view:
        view[0] = 1
        with pytest.raises(BufferError):
            side.release()
    side.release()
    assert ring.get() == 1
    with ring.reserve(1) as view:
        view[0] = 2
        with pytest.raises(BufferError):
            ring.producer()
    assert ring.get() == 2


def test_release_hands_over_between_live_threads(spec, worker, until):
    ring, handed, done = spec.make(4), [], []

    def first():
        with ring.producer() as side:
            side.put(spec.item(0))
        handed.append(1)
        until(lambda: done)

    other = worker(first)
    until(lambda: handed)
    ring.put(spec.item(1))
    done.append(1)
    other.result()
    assert ring.qsize() == 2
