"""The sequential specification of a bounded queue with batches, and an order of events that it allows.

Exact: FULL only when `capacity` items are inside, EMPTY only when none is. A batch that falls short is not checked for
the reason (what it saw and what it published are two moments); its items are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lockfree.check.histories import Operation
from lockfree.check.linearizability import Refutation, linearize
from lockfree.check.specs import ANYTHING, Call, Outcome, Spec
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


class _Events(Spec):
    """A bounded queue whose operations are events: batches, spans given up, and the emptying at the end."""

    def __init__(self, start: BoundedQueue, left: tuple[int, ...]) -> None:
        self._start = start
        self._left = left

    def start(self) -> BoundedQueue:
        return self._start

    def answers(self, state: BoundedQueue, call: Call) -> Iterator[Outcome]:
        event: Event | None = call.argument
        after = state.after(event) if event is not None else (state if state.items == self._left else None)
        if after is not None:
            yield Outcome(event.answer if event is not None else "ok", ANYTHING, after)


def sequential_order(history: History, start: BoundedQueue, *, real_time: bool = True) -> list[Event] | None:
    """Return an order of all events that the specification allows, ending with what was left, or None: there is none.

    With `real_time` an event that ended before another began comes first (linearizability); without, only each
    thread's own order counts (sequential consistency). Exponential in threads, not in events (lockfree.check's search).
    """
    events = history.events
    operations = [
        Operation(
            e.thread,
            e.call,
            e,
            e.answer,
            after=frozenset(
                i
                for i, other in enumerate(events)
                if (other.thread == e.thread and other.step < e.step) or (real_time and other.end < e.begin)
            ),
        )
        for e in events
    ]
    operations.append(Operation(-1, "left", after=frozenset(range(len(events)))))
    found = linearize(operations, _Events(start, history.left))
    return None if isinstance(found, Refutation) else [events[i] for i in found[:-1]]
