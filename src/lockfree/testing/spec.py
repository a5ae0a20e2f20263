"""The sequential specification of a bounded queue, and the search for an order of events that it allows.

Exact: FULL only when `capacity` items are inside, EMPTY only when none is. A batch that falls short is not checked for
the reason (what it saw and what it published are two moments); its items are.

Source: Wing and Gong, "Testing and verifying concurrent objects", J. Parallel Distrib. Comput. 17, 1993; the memo of
visited states: Lowe, "Testing for linearizability", Concurrency Comput. 29(4), 2017.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from lockfree.testing.history import Event, History
from lockfree.testing.program import PUTS, TAKES


@dataclass(frozen=True, slots=True)
class BoundedQueue:
    """A state of the queue: what is inside, oldest first, and whether it is closed. Immutable."""

    capacity: int
    items: tuple[int, ...] = ()
    closed: bool = False

    def after(self, event: Event) -> BoundedQueue | None:
        """Return the state after the event, or None if this state would have answered otherwise."""
        if event.call == "close":
            return replace(self, closed=True)
        if event.call in PUTS or event.call == "abort":
            return self._put(event)
        if event.call in TAKES or event.call == "peek_keep":
            return self._take(event)
        raise ValueError(f"the specification has no call {event.call!r}")

    def _put(self, event: Event) -> BoundedQueue | None:
        full = len(self.items) >= self.capacity
        allowed = {
            "ok": not self.closed and len(self.items) + len(event.items) <= self.capacity,
            "full": not self.closed and full,
            "closed": self.closed,
            "refused": self.closed or full,
        }.get(event.answer, False)
        return replace(self, items=self.items + event.items) if allowed else None

    def _take(self, event: Event) -> BoundedQueue | None:
        count = len(event.items)
        allowed = {
            "ok": self.items[:count] == event.items and len(self.items) > 0,
            "empty": not self.items and not self.closed,
            "closed": not self.items and self.closed,
            "refused": not self.items,
        }.get(event.answer, False)
        return replace(self, items=self.items[count:]) if allowed else None


def sequential_order(history: History, start: BoundedQueue, *, real_time: bool = True) -> list[Event] | None:
    """Return an order of all events that the specification allows, ending with what was left, or None: there is none.

    With `real_time` an event that ended before another began comes first (linearizability); without, only each
    thread's own order counts (sequential consistency). Exponential in threads, not in events: visited states are
    remembered.
    """
    threads = sorted({e.thread for e in history.events})
    lanes = [sorted((e for e in history.events if e.thread == t), key=lambda e: e.step) for t in threads]
    dead: set[tuple[tuple[int, ...], BoundedQueue]] = set()
    order: list[Event] = []

    def search(done: tuple[int, ...], state: BoundedQueue) -> bool:
        heads = [lane[i] if i < len(lane) else None for lane, i in zip(lanes, done, strict=True)]
        live = [e for e in heads if e is not None]
        if not live:
            return state.items == history.left
        if (done, state) in dead:
            return False
        earliest_end = min(e.end for e in live)
        for index, event in enumerate(heads):
            if event is None or (real_time and event.begin > earliest_end):
                continue
            after = state.after(event)
            if after is None:
                continue
            order.append(event)
            if search((*done[:index], done[index] + 1, *done[index + 1 :]), after):
                return True
            order.pop()
        dead.add((done, state))
        return False

    return order if search((0,) * len(lanes), start) else None
