"""Last in, first out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from lockfree.check.specs.base import ANYTHING, Call, Outcome, Spec
from lockfree.check.specs.fifo import POPS, PUSHES, show_items


class StackSpec(Spec):
    """A stack: `push`, `pop`. `capacity` None is unbounded; FULL and EMPTY are strict.

    A state is what is inside, the newest last. A push that returned False is read as FULL, a pop that returned None
    as EMPTY.
    """

    names: ClassVar[Mapping[str, str]] = {**dict.fromkeys(PUSHES, "push"), **dict.fromkeys(POPS, "pop")}

    def __init__(self, capacity: int | None = None, *, blocking: bool = False, inside: tuple[Any, ...] = ()) -> None:
        """Keep the bound; `inside` is what a new stack holds (a free list is born full), the newest last."""
        self.capacity = capacity
        self.blocking = blocking
        self.inside = inside

    def start(self) -> tuple[Any, ...]:
        """Return what a new stack holds."""
        return self.inside

    def answers(self, state: tuple[Any, ...], call: Call) -> Iterator[Outcome]:
        """Return what the stack may answer."""
        if call.operation == "push":
            if self.capacity is None or len(state) < self.capacity:
                yield Outcome("ok", ANYTHING, (*state, call.argument))
            elif not self.blocking:
                yield Outcome("full", ANYTHING, state)
        elif state:
            yield Outcome("ok", state[-1], state[:-1])
        elif not self.blocking:
            yield Outcome("empty", ANYTHING, state)

    def read(self, operation: str, result: Any) -> tuple[str, Any]:
        """Return a method's result as answer and value: False from a push is FULL, None from a pop is EMPTY."""
        if self.name(operation) == "push":
            return ("full" if result is False else "ok", None)
        return ("empty", None) if result is None else ("ok", result)

    def show(self, state: tuple[Any, ...]) -> str:
        """Return the items inside, the newest last."""
        return show_items(state)
