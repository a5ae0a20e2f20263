"""SpscBytes against a deque and the arithmetic of its buffer, every call in every order, on one thread."""

from collections import deque
from queue import Empty, Full

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lockfree import SpscBytes
from lockfree.errors import ShutDown


class Arithmetic:
    """Where records lie: 8 bytes of header, padding to 8, none across the edge."""

    def __init__(self, nbytes):
        self.capacity = max(64, 1 << (nbytes - 1).bit_length())
        self.max_record = self.capacity // 2 - 8
        self.pushed = self.popped = 0
        self.ends = deque()

    def put(self, length):
        need = 8 + (length + 7) // 8 * 8
        to_edge = self.capacity - self.pushed % self.capacity
        padding = to_edge if need > to_edge else 0
        if self.capacity - (self.pushed - self.popped) < padding + need:
            return False
        self.pushed += padding + need
        self.ends.append(self.pushed)
        return True

    def take(self):
        self.popped = self.ends.popleft()


class BytesMachine(RuleBasedStateMachine):
    @initialize(nbytes=st.sampled_from((1, 64, 65, 256)), overflow=st.sampled_from(("block", "error", "drop_new")))
    def make(self, nbytes, overflow):
        self.queue = SpscBytes(nbytes, overflow=overflow)
        self.places = Arithmetic(nbytes)
        self.overflow = overflow
        self.inside = deque()
        self.pushed = self.popped = self.dropped = self.discarded = 0
        self.closed = self.gone = False

    def record(self, data, least=0):
        lengths = st.sampled_from((0, 1, 8, self.places.max_record)) | st.integers(0, self.places.max_record)
        length = max(least, data.draw(lengths))
        return bytes([data.draw(st.integers(0, 255))]) * length

    def model_put(self, record):
        if not self.places.put(len(record)):
            return False
        self.inside.append(record)
        self.pushed += 1
        return True

    def model_get(self, n):
        n = min(n, len(self.inside))
        self.popped += n
        for _ in range(n):
            self.places.take()
        return [self.inside.popleft() for _ in range(n)]

    @rule(data=st.data(), timeout=st.sampled_from((None, 0, 1e-4)))
    def put(self, data, timeout):
        record = self.record(data)

        def put():
            if timeout is None:
                self.queue.put_nowait(record)
            else:
                self.queue.put(record, timeout=timeout)

        if self.closed:
            with pytest.raises(ShutDown):
                put()
        elif self.model_put(record):
            put()
        elif self.overflow == "drop_new":
            put()
            self.dropped += 1
        else:
            with pytest.raises(Full):
                put()

    @rule(data=st.data(), kind=st.sampled_from((bytes, bytearray, memoryview)))
    def try_put(self, data, kind):
        record = self.record(data)
        if self.closed:
            with pytest.raises(ShutDown):
                self.queue.try_put(kind(record))
        else:
            assert self.queue.try_put(kind(record)) is self.model_put(record)

    @rule()
    def put_what_never_fits(self):
        with pytest.raises(ValueError, match=str(self.places.max_record)):
            self.queue.put(bytes(self.places.max_record + 1))

    @rule(data=st.data(), n=st.integers(0, 6))
    def put_many(self, data, n):
        records = [self.record(data) for _ in range(n)]
        if self.closed:
            if records:
                with pytest.raises(ShutDown):
                    self.queue.put_many(records, block=False)
            return
        fit = 0
        while fit < n and self.model_put(records[fit]):
            fit += 1
        assert self.queue.put_many(records, block=False) == fit
        if self.overflow == "drop_new":
            self.dropped += n - fit

    @rule(data=st.data())
    def reserve(self, data):
        record = self.record(data, least=1)
        keep = data.draw(st.none() | st.integers(0, len(record)))
        if self.closed:
            with pytest.raises(ShutDown), self.queue.reserve(len(record), block=False):
                pass
            return
        before = self.places.pushed
        fits = self.places.put(len(record))
        if not fits:
            with pytest.raises(Full), self.queue.reserve(len(record), block=False):
                pass
            return
        self.places.ends.pop()
        start = self.places.pushed - (8 + (len(record) + 7) // 8 * 8)
        reservation = self.queue.reserve(len(record), block=False)
        with reservation as view:
            view[:] = record
            if keep is not None:
                reservation.commit(keep)
        kept = record[:keep]
        assert start >= before
        self.places.pushed = start + 8 + (len(kept) + 7) // 8 * 8
        self.places.ends.append(self.places.pushed)
        self.inside.append(kept)
        self.pushed += 1

    @precondition(lambda self: not self.closed)
    @rule()
    def reserve_and_raise(self):
        def abandon():
            with self.queue.reserve(1, block=False) as view:
                view[0] = 255
                raise KeyError

        with pytest.raises((KeyError, Full)):
            abandon()

    def nothing(self, get):
        with pytest.raises(ShutDown if self.closed else Empty):
            get()

    @rule(timeout=st.sampled_from((None, 0, 1e-4)))
    def get(self, timeout):
        get = self.queue.get_nowait if timeout is None else lambda: self.queue.get(timeout=timeout)
        if self.inside:
            assert [get()] == self.model_get(1)
        else:
            self.nothing(get)

    @rule()
    def try_get(self):
        if self.inside:
            assert [self.queue.try_get()] == self.model_get(1)
        elif self.closed:
            self.nothing(self.queue.try_get)
        else:
            assert self.queue.try_get("nothing") == "nothing"

    @rule(n=st.integers(1, 9))
    def get_many(self, n):
        if self.closed and not self.inside:
            self.nothing(lambda: self.queue.get_many(n, block=False))
        else:
            assert self.queue.get_many(n, block=False) == self.model_get(n)

    @rule()
    def drain(self):
        assert self.queue.drain() == self.model_get(len(self.inside))

    @rule(take=st.sampled_from((None, 0, 1)))
    def peek(self, take):
        if not self.inside:
            self.nothing(lambda: self.queue.peek(block=False).__enter__())
            return
        peek = self.queue.peek(block=False)
        with peek as view:
            assert bytes(view) == self.inside[0]
            if take is not None:
                peek.release(take)
        self.model_get(1 if take is None else take)

    @rule(immediate=st.booleans())
    def shutdown(self, immediate):
        self.queue.shutdown(immediate)
        self.closed = True
        if immediate:
            self.discarded += len(self.inside)
            self.inside.clear()
            self.gone = True

    @rule()
    def iterate_to_the_end(self):
        if self.closed:
            assert list(self.queue) == self.model_get(len(self.inside))

    @invariant()
    def counts(self):
        if not hasattr(self, "queue"):
            return
        assert self.queue.qsize() == len(self.inside)
        assert self.queue.empty() is (not self.inside)
        stats = self.queue.stats()
        assert (stats.pushed, stats.popped, stats.dropped) == (self.pushed, self.popped, self.dropped)
        assert (stats.size, stats.discarded) == (len(self.inside), self.discarded)
        if not self.gone:
            assert self.queue.maxsize == self.places.capacity
            assert self.queue.max_record == self.places.max_record
            assert self.queue.used == self.places.pushed - self.places.popped


TestBytes = BytesMachine.TestCase
TestBytes.settings = settings(
    max_examples=100,
    stateful_step_count=30,
    deadline=None,
    database=None,
    report_multiple_bugs=False,
    phases=(Phase.generate, Phase.shrink),
)
TestBytes.pytestmark = pytest.mark.timeout(600)  # of which shrinking a failure may take most
