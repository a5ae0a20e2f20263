"""References and memory: nothing leaks, nothing is freed early; two bindings over the same bytes."""

import gc
import sys
import weakref

import pytest

from lockfree.errors import WrongThreadError
from tests.contract.specs import BINDINGS, SPECS, queues_over
from tests.contract.test_stdlib import same


def test_a_ring_goes_with_its_last_name(spec):
    ring = spec.make()
    ring.put(spec.item(1))
    side = ring.producer()
    side.release()
    with ring.peek():
        pass
    gone = weakref.ref(ring)
    del ring, side
    gc.collect()
    assert gone() is None


def test_cycles_are_collected(queues):
    ring = queues.SpscRing(4, "S3")  # has an encode and a decode
    ring.me = ring
    gone = weakref.ref(ring)
    del ring
    gc.collect()
    assert gone() is None


def test_no_call_leaks_blocks(spec):
    ring = spec.make(4)
    item, many, default = spec.item(3), spec.items(4), object()

    def once():
        ring.put(item)
        ring.try_put(item)
        ring.put(item=item, timeout=1)
        ring.get()
        ring.get(block=False)
        ring.try_get(default)
        ring.try_get(default)
        ring.put_many(many, block=False)
        ring.get_many(2)
        ring.drain()
        with ring.reserve(8 if "Bytes" in spec.name else 2):
            pass
        with ring.peek():
            pass
        ring.drain()
        for call in (ring.get_nowait, lambda: ring.put(1j), lambda: ring.get(timeout=-1)):
            try:
                call()
            except Exception:
                pass
        with ring.producer() as side:
            side.put_nowait(item)
        with ring.consumer() as side:
            side.get_nowait()
        ring.stats()

    for _ in range(50):
        once()
    gc.collect()
    before, references = sys.getallocatedblocks(), [sys.getrefcount(x) for x in (item, default, ring)]
    for _ in range(2000):
        once()
    gc.collect()
    assert sys.getallocatedblocks() - before < 1000  # one a round would be 2000
    assert [sys.getrefcount(x) for x in (item, default, ring)] == references


def test_an_item_lives_until_it_is_copied(queues, worker, until):
    ring = queues.SpscRing(1, itemsize=1 << 16)

    def produce():
        ring.put(bytes(1 << 16))
        ring.put(bytearray(b"x" * (1 << 16)))  # nobody else has this one while put sleeps

    other = worker(produce)
    until(lambda: ring.stats().put_waits)
    ring.get()
    assert ring.get() == b"x" * (1 << 16)
    other.result()


@pytest.mark.skipif("cffi" not in BINDINGS, reason="no cffi for this Python")
def test_one_ring_through_both_bindings_at_once(worker):
    from lockfree import ffi, lib

    ring = queues_over("core").SpscRing(64, "i8")
    same_ring = lib.lf_spsc_ring_attach(ffi.cast("void *", ring.address), ring.nbytes)
    assert same_ring != ffi.NULL
    assert (lib.lf_spsc_ring_capacity(same_ring), lib.lf_spsc_ring_item_size(same_ring)) == (64, 8)
    not_empty = ffi.cast("lf_eventcount *", ring.address - 2 * lib.lf_eventcount_size())
    not_full = ffi.cast("lf_eventcount *", ring.address - lib.lf_eventcount_size())
    n = 20000

    def produce():  # through cffi
        item, sent = ffi.new("int64_t *"), 0
        while sent < n:
            item[0] = sent
            if lib.lf_spsc_ring_push(same_ring, item) == lib.LF_OK:
                sent += 1
                lib.lf_eventcount_notify(not_empty)

    other = worker(produce)
    assert [ring.get() for _ in range(n)] == list(range(n))
    other.result()
    item = ffi.new("int64_t *")

    def consume():  # through cffi, while _core puts and sleeps
        got = []
        while len(got) < n:
            if lib.lf_spsc_ring_pop(same_ring, item) == lib.LF_OK:
                got.append(item[0])
                lib.lf_eventcount_notify(not_full)
        return got

    other = worker(consume)
    for i in range(n):
        ring.put(i)
    assert other.result() == list(range(n))
    assert ring.stats()[:2] == (2 * n, 2 * n)


@pytest.mark.skipif("cffi" not in BINDINGS, reason="no cffi for this Python")
@pytest.mark.parametrize("spec", [spec for spec in SPECS if "Bytes" in spec.name], ids=lambda spec: spec.name)
def test_one_byte_queue_through_both_bindings(spec):
    from lockfree import ffi, lib

    ring = spec.make(64)
    queue = lib.lf_spsc_bytes_attach(ffi.cast("void *", ring.address), ring.nbytes)
    assert lib.lf_spsc_bytes_push(queue, b"hello", 5) == lib.LF_OK
    ring.put(b"world")
    assert ring.get() == b"hello"
    room, length = ffi.new("char[8]"), ffi.new("size_t *")
    assert lib.lf_spsc_bytes_pop(queue, room, 8, length) == lib.LF_OK
    assert ffi.buffer(room, length[0])[:] == b"world"


def test_the_memory_starts_on_a_line(spec):
    assert spec.make().address % 128 == 0


def test_a_subclass_may_override(queues):
    class Loud(queues.SpscRing):
        def put(self, item, block=True, timeout=None):
            super().put(item + 1, block, timeout)

    ring = Loud(4, "i8")
    ring.put(1)
    assert ring.try_put(5)
    assert [ring.get(), ring.get()] == [2, 5]
    with pytest.raises(WrongThreadError):
        (ring.producer(), ring.producer())


def test_items_come_out_as_they_went_in(spec):
    ring = spec.make(64)
    ring.put_many(spec.items(20, 200))
    assert all(map(same, ring, spec.items(20, 200))) if ring.shutdown() is None else False
