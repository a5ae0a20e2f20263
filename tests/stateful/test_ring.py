"""SpscRing against a deque, every call in every order that Hypothesis thinks of, on one thread."""

from collections import deque
from queue import Empty, Full

import numpy as np
import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lockfree import SpscRing
from lockfree.errors import ShutDown

KINDS = {
    "i8": st.integers(-(2**63), 2**63 - 1),
    "u2": st.integers(0, 2**16 - 1),
    "f8": st.floats(allow_nan=False),
    "bytes": st.binary(min_size=3, max_size=3),
}
COUNTS = st.integers(1, 9)


class RingMachine(RuleBasedStateMachine):
    @initialize(
        capacity=st.integers(1, 6),
        kind=st.sampled_from(sorted(KINDS)),
        overflow=st.sampled_from(("block", "error", "drop_new")),
    )
    def make(self, capacity, kind, overflow):
        of = {"itemsize": 3} if kind == "bytes" else {"dtype": kind}
        self.ring = SpscRing(capacity, overflow=overflow, **of)
        self.capacity, self.kind, self.overflow = capacity, kind, overflow
        self.inside = deque()
        self.pushed = self.popped = self.dropped = self.discarded = 0
        self.closed = self.discards = False

    def item(self, data):
        return data.draw(KINDS[self.kind])

    def items(self, data):
        return data.draw(st.lists(KINDS[self.kind], max_size=8))

    def room(self):
        return self.capacity - len(self.inside)

    def model_put(self, items):
        self.inside.extend(items)
        self.pushed += len(items)

    def model_get(self, n):
        n = min(n, len(self.inside))
        self.popped += n
        return [self.inside.popleft() for _ in range(n)]

    @rule(data=st.data())
    def put_nowait(self, data):
        item = self.item(data)
        if self.closed:
            with pytest.raises(ShutDown):
                self.ring.put_nowait(item)
        elif self.room():
            self.ring.put_nowait(item)
            self.model_put([item])
        elif self.overflow == "drop_new":
            self.ring.put_nowait(item)
            self.dropped += 1
        else:
            with pytest.raises(Full):
                self.ring.put_nowait(item)

    @rule(data=st.data(), timeout=st.sampled_from((0, 1e-4)))
    def put_with_a_timeout(self, data, timeout):
        item = self.item(data)
        if self.closed:
            with pytest.raises(ShutDown):
                self.ring.put(item, timeout=timeout)
        elif self.room():
            self.ring.put(item, True, timeout)
            self.model_put([item])
        elif self.overflow == "drop_new":
            self.ring.put(item, timeout=timeout)
            self.dropped += 1
        else:
            with pytest.raises(Full):
                self.ring.put(item, timeout=timeout)

    @rule(data=st.data())
    def try_put(self, data):
        item = self.item(data)
        if self.closed:
            with pytest.raises(ShutDown):
                self.ring.try_put(item)
            return
        assert self.ring.try_put(item) is bool(self.room())
        if self.room():
            self.model_put([item])

    def put_several(self, items, put):
        if self.closed and items:
            with pytest.raises(ShutDown):
                put()
            return
        if self.closed:
            return
        fit = items[: self.room()]
        assert put() == len(fit)
        self.model_put(fit)
        if self.overflow == "drop_new":
            self.dropped += len(items) - len(fit)

    @rule(data=st.data())
    def put_many(self, data):
        items = self.items(data)
        self.put_several(items, lambda: self.ring.put_many(items, block=False))

    @precondition(lambda self: self.kind != "bytes")
    @rule(data=st.data())
    def put_array(self, data):
        items = self.items(data)
        array = np.array(items, self.kind)
        self.put_several(items, lambda: self.ring.put_array(array, block=False))

    @rule(data=st.data(), n=COUNTS)
    def reserve(self, data, n):
        if self.closed:
            with pytest.raises(ShutDown), self.ring.reserve(n, block=False):
                pass
            return
        if not self.room():
            with pytest.raises(Full), self.ring.reserve(n, block=False):
                pass
            return
        reservation = self.ring.reserve(n, block=False)
        with reservation as view:
            fit = len(view) // (3 if self.kind == "bytes" else 1)
            assert 1 <= fit <= min(n, self.room())
            items = data.draw(st.lists(KINDS[self.kind], min_size=fit, max_size=fit))
            for index, item in enumerate(items):
                if self.kind == "bytes":
                    view[3 * index : 3 * index + 3] = item
                else:
                    view[index] = item
            keep = data.draw(st.none() | st.integers(0, fit))
            if keep is not None:
                reservation.commit(keep)
        self.model_put(items[:keep])

    @precondition(lambda self: not self.closed and self.room())
    @rule()
    def reserve_and_raise(self):
        def abandon():
            with self.ring.reserve(2) as view:
                view[0] = view[0]
                raise KeyError

        with pytest.raises(KeyError):
            abandon()

    def nothing(self, get, error=Empty):
        with pytest.raises(ShutDown if self.closed else error):
            get()

    @rule()
    def get_nowait(self):
        if self.inside:
            assert [self.ring.get_nowait()] == self.model_get(1)
        else:
            self.nothing(self.ring.get_nowait)

    @rule()
    def get_with_a_timeout(self):
        if self.inside:
            assert [self.ring.get(timeout=0)] == self.model_get(1)
        else:
            self.nothing(lambda: self.ring.get(True, 1e-4))

    @rule()
    def try_get(self):
        if self.inside:
            assert [self.ring.try_get()] == self.model_get(1)
        elif self.closed:
            self.nothing(self.ring.try_get)
        else:
            assert self.ring.try_get("nothing") == "nothing"

    @rule(n=COUNTS)
    def get_many(self, n):
        if self.closed and not self.inside:
            self.nothing(lambda: self.ring.get_many(n, block=False))
        else:
            assert self.ring.get_many(n, block=False) == self.model_get(n)

    @precondition(lambda self: self.kind != "bytes")
    @rule(n=COUNTS, into=st.booleans())
    def get_array(self, n, into):
        def get():
            if into:
                return self.ring.get_array(out=np.empty(n, self.ring.dtype), block=False)
            return self.ring.get_array(n, block=False)

        if self.closed and not self.inside:
            self.nothing(get)
        else:
            assert get().tolist() == self.model_get(n)

    @rule()
    def drain(self):
        assert self.ring.drain() == self.model_get(self.capacity)

    @rule(data=st.data(), n=COUNTS)
    def peek(self, data, n):
        if not self.inside:
            self.nothing(lambda: self.ring.peek(n, block=False).__enter__())
            return
        peek = self.ring.peek(n, block=False)
        with peek as view:
            shown = [bytes(view[i : i + 3]) for i in range(0, len(view), 3)] if self.kind == "bytes" else view.tolist()
            assert 1 <= len(shown) <= min(n, len(self.inside))
            assert shown == list(self.inside)[: len(shown)]
            keep = data.draw(st.none() | st.integers(0, len(shown)))
            if keep is not None:
                peek.release(keep)
        self.model_get(len(shown) if keep is None else keep)

    @rule(immediate=st.booleans())
    def shutdown(self, immediate):
        self.ring.shutdown(immediate)
        self.closed = True
        self.discards = self.discards or immediate
        if self.discards:
            self.discarded += len(self.inside)
            self.inside.clear()

    @rule()
    def iterate_to_the_end(self):
        if self.closed:
            assert list(self.ring) == self.model_get(self.capacity)

    @rule(producer=st.booleans())
    def hand_over(self, producer):
        handle = self.ring.producer() if producer else self.ring.consumer()
        handle.release()

    @invariant()
    def counts(self):
        if not hasattr(self, "ring"):
            return
        assert self.ring.qsize() == len(self.inside)
        assert self.ring.empty() is (not self.inside)
        assert self.ring.full() is (len(self.inside) >= self.capacity)
        stats = self.ring.stats()
        assert (stats.pushed, stats.popped, stats.dropped) == (self.pushed, self.popped, self.dropped)
        assert (stats.size, stats.discarded) == (len(self.inside), self.discarded)
        assert stats.pushed == stats.popped + stats.size + stats.discarded


TestRing = RingMachine.TestCase
TestRing.settings = settings(
    max_examples=100,
    stateful_step_count=30,
    deadline=None,
    database=None,
    report_multiple_bugs=False,
    phases=(Phase.generate, Phase.shrink),
)
TestRing.pytestmark = pytest.mark.timeout(600)  # of which shrinking a failure may take most
