"""The sequential specification of the queues that programs run on, for histories of the memory model.

A batch, a span, a commit are one operation: each is published by one store. What the structures promise, no more:

    FULL, EMPTY   weak: they may answer so as long as they don't know of what made room, or of what was put in
                  (happens-before); strict: only where it is so
    CLOSED        a putting call may still succeed as long as it doesn't know of the close; a taking call answers it
                  only when nothing is left that it knows of, or that was put in before the close
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lockfree.check.specs.base import ANYTHING, Call, Outcome, Spec
from lockfree.testing.history import show_items
from lockfree.testing.program import PUTS, TAKES


@dataclass(frozen=True, slots=True)
class Offer:
    """The argument of a putting call: the items that went in, or, of one that never ended, all that may have."""

    items: tuple[int, ...]

    def __repr__(self) -> str:
        """Show the items in a line."""
        return show_items(self.items)


@dataclass(frozen=True, slots=True)
class QueueState:
    """What is inside, oldest first, each with the index of the call that put it in; who took; who closed.

    `popped` holds the index of a taking call once for each item; `closers` the index and what came before it, as a
    mask.
    """

    inside: tuple[tuple[int, int], ...] = ()
    popped: tuple[int, ...] = ()
    closers: tuple[tuple[int, int], ...] = ()


class QueueSpec(Spec):
    """One queue. `capacity` None: FULL is justified by any item inside (records of different lengths)."""

    def __init__(self, capacity: int | None, *, strict: bool = False) -> None:
        """Keep the bounds."""
        self.capacity = capacity
        self.strict = strict

    def start(self) -> QueueState:
        """Return the empty, open queue."""
        return QueueState()

    def answers(self, state: QueueState, call: Call) -> Iterator[Outcome]:
        """Return what the queue may answer."""
        if call.operation == "close":
            yield Outcome("ok", ANYTHING, replace(state, closers=(*state.closers, (call.index, call.before))))
        elif call.operation in PUTS or call.operation == "abort":
            yield from self._put(state, call)
        elif call.operation in TAKES or call.operation == "peek_keep":
            yield from self._take(state, call)
        elif call.operation == "count":
            yield Outcome("ok", len(state.inside) if self.capacity is not None else ANYTHING, state)
        else:
            yield Outcome("ok", tuple(item for item, _ in state.inside), replace(state, inside=()))

    def _put(self, state: QueueState, call: Call) -> Iterator[Outcome]:
        items = call.argument.items
        knows_close = any(call.knows(closer) for closer, _ in state.closers)
        for count in range(1, len(items) + 1) if call.operation != "abort" else (0,):
            if not knows_close and self._fits(state, max(count, 1)):
                more = tuple((item, call.index) for item in items[:count])
                yield Outcome("ok", ANYTHING, replace(state, inside=state.inside + more))
        if state.closers:
            yield Outcome("closed", ANYTHING, state)
            yield Outcome("refused", ANYTHING, state)
        if not knows_close and self._looks_full(state, call):
            yield Outcome("full", ANYTHING, state)
            yield Outcome("refused", ANYTHING, state)
        if self.capacity is None:
            yield Outcome("too_big", ANYTHING, state)

    def _take(self, state: QueueState, call: Call) -> Iterator[Outcome]:
        padding = call.operation == "peek_span" and self.capacity is None  # alone in a span of bytes up to the edge
        if state.inside and (call.operation == "peek_keep" or padding):
            yield Outcome("ok", (), state)
        if call.operation != "peek_keep":
            for count in range(1, len(state.inside) + 1):
                taken = tuple(item for item, _ in state.inside[:count])
                popped = state.popped + (call.index,) * count
                yield Outcome("ok", taken, replace(state, inside=state.inside[count:], popped=popped))
        if not self._looks_empty(state, call.before):
            return
        yield Outcome("refused", (), state)
        if not any(call.knows(closer) for closer, _ in state.closers):
            yield Outcome("empty", (), state)
        if any(self._looks_empty(state, call.before | before) for _, before in state.closers):
            yield Outcome("closed", (), state)

    def _fits(self, state: QueueState, count: int) -> bool:
        return self.capacity is None or len(state.inside) + count <= self.capacity

    def _looks_full(self, state: QueueState, call: Call) -> bool:
        seen = len(state.inside)
        if not self.strict:
            seen += sum(not call.knows(popper) for popper in state.popped)
        return seen >= (self.capacity if self.capacity is not None else 1)

    def _looks_empty(self, state: QueueState, known: int) -> bool:
        return not state.inside if self.strict else not any(known >> putter & 1 for _, putter in state.inside)

    def show(self, state: QueueState) -> str:
        """Return the items inside, oldest first."""
        inside = show_items(tuple(item for item, _ in state.inside)) or "nothing"
        return f"inside: {inside}{', closed' if state.closers else ''}"
