"""Zero-copy: reserve and peek, and what happens to views that outlive their `with`."""

import gc
import queue
import weakref

import pytest

from lockfree.errors import ShutDown, WrongThreadError


@pytest.fixture
def ring(queues):
    return queues.SpscRing(4, "i8")


@pytest.fixture
def records(queues):
    return queues.SpscBytes(256)


def test_reserve_publishes_at_the_end(ring):
    with ring.reserve(3) as view:
        assert (view.format, view.itemsize, view.shape, view.readonly) == ("q", 8, (3,), False)
        view[0], view[1], view[2] = 7, 8, 9
        assert ring.qsize() == 0
    assert ring.drain() == [7, 8, 9]


def test_peek_takes_out_at_the_end(ring):
    ring.put_many([7, 8, 9])
    with ring.peek(2) as view:
        assert (view.format, view.shape, view.readonly) == ("q", (2,), True)
        assert view.tolist() == [7, 8]
        assert ring.qsize() == 3
    assert ring.drain() == [9]


def test_views_end_at_the_edge(ring):
    ring.put_many([1, 2, 3])
    ring.get_many(3)
    with ring.reserve(4) as view:
        assert len(view) == 1
        view[0] = 1
    with ring.reserve(4) as view:
        assert len(view) == 3
        view[:] = memoryview(bytearray(24)).cast("q")
    assert ring.drain() == [1, 0, 0, 0]


def test_less_can_be_committed_and_released(ring):
    reservation = ring.reserve(3)
    with reservation as view:
        view[0] = 1
        reservation.commit(1)
        with pytest.raises(ValueError, match="room for 3"):
            reservation.commit(4)
    reservation = ring.reserve(3)
    with reservation:
        reservation.commit(0)
    assert ring.qsize() == 1
    ring.put(2)
    peek = ring.peek(2)
    with peek:
        peek.release(1)
    assert ring.drain() == [2]
    with pytest.raises(RuntimeError, match="inside"):
        peek.release(1)


def test_an_exception_in_the_block_publishes_and_takes_nothing(ring):
    with pytest.raises(KeyError), ring.reserve(1):
        raise KeyError
    assert ring.empty()
    ring.put(1)
    with pytest.raises(KeyError), ring.peek(1):
        raise KeyError
    assert ring.get() == 1


def test_full_and_empty(ring):
    with pytest.raises(queue.Empty), ring.peek(block=False):
        pass
    with pytest.raises(queue.Empty), ring.peek(timeout=0.001):
        pass
    ring.put_many(range(4))
    with pytest.raises(queue.Full), ring.reserve(block=False):
        pass
    with pytest.raises(queue.Full), ring.reserve(timeout=0.001):
        pass
    assert ring.drain() == [0, 1, 2, 3]


def test_a_reservation_waits_for_a_slot(ring, worker, until):
    def produce():
        ring.put_many(range(4))
        with ring.reserve(1) as view:
            view[0] = 4

    other = worker(produce)
    until(lambda: ring.stats().put_waits)
    assert ring.get() == 0
    other.result()
    assert ring.drain() == [1, 2, 3, 4]


@pytest.mark.parametrize("keep", [lambda view: view[1:], memoryview, lambda view: view.cast("B")])
def test_a_held_view_keeps_the_span_until_it_is_let_go(ring, keep):
    held = []
    with pytest.raises(BufferError, match="nothing was published"), ring.reserve(3) as view:
        held.append(keep(view))
    for call in (lambda: ring.put(1), lambda: ring.try_put(1), lambda: ring.put_many([1])):
        with pytest.raises(BufferError, match="still held"):
            call()
    assert ring.empty()
    held[0].cast("B")[0:1] = b"x"  # the memory is there
    held.clear()
    ring.put(5)
    assert ring.drain() == [5]


def test_a_held_view_of_peek_keeps_the_items(ring):
    ring.put_many([1, 2, 3, 4])
    held = []
    with pytest.raises(BufferError, match="nothing was taken"), ring.peek(2) as view:
        held.append(view[0:1])
    assert ring.try_put(9) is False
    assert held[0][0] == 1
    with pytest.raises(BufferError, match="still held"):
        ring.get()
    held.clear()
    assert ring.drain() == [1, 2, 3, 4]


def test_an_array_made_from_a_view_counts_as_held(ring):
    np = pytest.importorskip("numpy")
    held = []
    with pytest.raises(BufferError), ring.reserve(2) as view:
        held.append(np.asarray(view))
    assert held[0].dtype == np.int64
    with pytest.raises(BufferError):
        ring.put(1)
    held.clear()
    ring.put(1)


def test_a_view_outlives_its_ring(queues):
    ring = queues.SpscRing(1024, itemsize=64)
    held = []
    with pytest.raises(BufferError), ring.reserve(1000) as view:  # noqa: PT012 - the block is what raises
        view[:] = b"a" * len(view)
        held.append(view[:])
    del view
    gone = weakref.ref(ring)
    del ring
    gc.collect()
    del queues
    assert bytes(held[0]) == b"a" * 64000
    held.clear()
    gc.collect()
    assert gone() is None


def test_the_side_is_lent_inside_the_block(ring):
    with ring.reserve(1) as view:
        view[0] = 3
        with pytest.raises(BufferError):
            ring.put(1)
        with pytest.raises(BufferError), ring.reserve(1):
            pass
        assert ring.try_get() is None  # the other side goes on
    assert ring.get() == 3


def test_another_thread_cannot_leave_the_block(ring, worker):
    reservation = ring.reserve(1)
    view = reservation.__enter__()
    with pytest.raises(WrongThreadError):
        worker(reservation.__exit__, None, None, None).result()
    view[0] = 4
    reservation.__exit__(None, None, None)
    assert ring.get() == 4
    with pytest.raises(RuntimeError, match="one `with`"):
        reservation.__enter__()


def test_a_commit_after_shutdown_publishes_nothing(ring, worker):
    with pytest.raises(ShutDown), ring.reserve(1) as view:  # noqa: PT012 - as above
        view[0] = 1
        worker(ring.shutdown).result()
    with pytest.raises(ShutDown):
        ring.get()


def test_a_record_in_place(records):
    reservation = records.reserve(10)
    with reservation as view:
        assert (view.format, len(view)) == ("B", 10)
        view[:3] = b"abc"
        reservation.commit(3)
    with records.reserve(1) as view:
        view[0] = 0
    peek = records.peek()
    with peek as view:
        assert (bytes(view), view.readonly) == (b"abc", True)
        peek.release(0)
    with records.peek() as view:
        assert bytes(view) == b"abc"
    assert records.drain() == [b"\0"]
    with pytest.raises(ValueError, match="never fits"), records.reserve(1000):
        pass


def test_an_empty_record_in_place(records):
    records.put(b"")
    with records.peek() as view:
        assert bytes(view) == b""
    assert records.empty()


def test_records_of_a_structured_dtype_in_place(queues):
    np = pytest.importorskip("numpy")
    kind = np.dtype([("i", "<i4"), ("x", "<f8")])
    ring = queues.SpscRing(4, kind)
    with ring.reserve(2) as view:
        array = np.asarray(view)
        assert array.dtype == kind
        array["i"], array["x"] = (1, 2), (0.5, 1.5)
        del array
    with ring.peek(2) as view:
        array = np.asarray(view)
        assert array["x"].tolist() == [0.5, 1.5]
        with pytest.raises(ValueError, match="read-only"):
            array["x"] = 0
        del array
    assert ring.empty()


def test_fresh_memory_is_zero(queues):
    with queues.SpscRing(64, itemsize=64).reserve(64) as view:
        assert not any(view)
