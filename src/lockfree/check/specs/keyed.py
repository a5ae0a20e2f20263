"""Sets and maps, whose keys know nothing of each other: each key is judged apart."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any, ClassVar

from lockfree.check.specs.base import ANYTHING, Call, Outcome, Spec


class SetSpec(Spec):
    """A set: `add` and `remove` answer whether they changed it, `contains` whether it is inside; `size` counts.

    A history without `size` is split by key.
    """

    names: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("add", "insert"), "add"),
        **dict.fromkeys(("remove", "discard", "delete"), "remove"),
        **dict.fromkeys(("contains", "has", "__contains__"), "contains"),
        **dict.fromkeys(("size", "__len__"), "size"),
    }

    def start(self) -> frozenset[Any]:
        """Return the empty set."""
        return frozenset()

    def answers(self, state: frozenset[Any], call: Call) -> Iterator[Outcome]:
        """Return the one thing that the set answers."""
        if call.operation == "size":
            yield Outcome("ok", len(state), state)
            return
        inside = call.argument in state
        if call.operation == "contains":
            yield Outcome("ok", inside, state)
        elif call.operation == "add":
            yield Outcome("ok", not inside, state | {call.argument})
        else:
            yield Outcome("ok", inside, state - {call.argument})

    def part(self, operation: str, argument: Any) -> Hashable | None:
        """Return the key."""
        return None if operation == "size" else (argument,)

    def show(self, state: frozenset[Any]) -> str:
        """Return the keys inside."""
        return "inside: " + (" ".join(sorted(map(repr, state))) or "nothing")


class MapSpec(Spec):
    """A map: `put` of (key, value), `get` and `remove` of a key, which answer the value or EMPTY; `size` counts.

    A history without `size` is split by key. A state is a frozen set of pairs.
    """

    names: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("put", "set", "__setitem__"), "put"),
        **dict.fromkeys(("get", "__getitem__"), "get"),
        **dict.fromkeys(("remove", "pop", "delete", "__delitem__"), "remove"),
        **dict.fromkeys(("size", "__len__"), "size"),
    }

    def start(self) -> frozenset[tuple[Any, Any]]:
        """Return the empty map."""
        return frozenset()

    def answers(self, state: frozenset[tuple[Any, Any]], call: Call) -> Iterator[Outcome]:
        """Return the one thing that the map answers."""
        if call.operation == "size":
            yield Outcome("ok", len(state), state)
            return
        key = call.argument[0] if call.operation == "put" else call.argument
        found = [pair for pair in state if pair[0] == key]
        without = state.difference(found)
        if call.operation == "put":
            yield Outcome("ok", ANYTHING, without | {(key, call.argument[1])})
        elif not found:
            yield Outcome("empty", ANYTHING, state)
        else:
            yield Outcome("ok", found[0][1], state if call.operation == "get" else without)

    def part(self, operation: str, argument: Any) -> Hashable | None:
        """Return the key."""
        if operation == "size":
            return None
        return (argument[0],) if operation == "put" else (argument,)

    def read(self, operation: str, result: Any) -> tuple[str, Any]:
        """Return a method's result as answer and value; None from a get or remove is EMPTY."""
        name = self.name(operation)
        if name == "put":
            return ("ok", None)
        return ("empty", None) if result is None and name != "size" else ("ok", result)

    def show(self, state: frozenset[tuple[Any, Any]]) -> str:
        """Return the pairs inside."""
        return "inside: " + (", ".join(sorted(f"{k!r}: {v!r}" for k, v in state)) or "nothing")
