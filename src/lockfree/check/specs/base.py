"""What a sequential specification is: a state, and all that the object may answer to a call in it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from lockfree.check.histories import Operation
from lockfree.errors import LockfreeError


class Anything:
    """Equal to whatever an operation returned: the value is not judged."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "anything"


ANYTHING: Any = Anything()
"""The value of an outcome that fixes only the answer."""


class Outcome(NamedTuple):
    """One thing that the object may do: its answer, the value with it, and the state after it (hashable)."""

    answer: str
    value: Any
    state: Any


@dataclass(frozen=True, slots=True)
class Call:
    """A call as a specification sees it: by its own name, and with its neighbours in the history.

    `before` is the bit mask of the history's operations that happen before this one; `beside` names what runs beside
    it: the operations that are neither before nor after.
    """

    index: int
    operation: str
    argument: Any = None
    before: int = 0
    beside: frozenset[str] = frozenset()

    def knows(self, index: int) -> bool:
        """Return whether the operation of that index happens before this one."""
        return bool(self.before >> index & 1)


class UnknownOperationError(LockfreeError, ValueError):
    """A history has an operation that its specification doesn't know."""


class Spec(ABC):
    """A sequential specification. Immutable; one may judge from many threads.

    Derive from it and write `start` and `answers`. `names` maps every accepted name of an operation to the one that
    `answers` gets; left empty, every name goes through as it is.
    """

    names: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def start(self) -> Hashable:
        """Return the state of a new object."""

    @abstractmethod
    def answers(self, state: Any, call: Call) -> Iterable[Outcome]:
        """Return all that the object may do when called in this state; nothing means that the call waits."""

    def part(self, operation: str, argument: Any) -> Hashable | None:
        """Return the part of the object that the call touches, or None: all of it.

        If no call of a history touches all, each part is judged apart (Herlihy and Wing's locality; called
        P-compositionality by Horn and Kroening, FORTE 2015). Parts must not know of each other.
        """
        del operation, argument
        return None

    def read(self, operation: str, result: Any) -> tuple[str, Any]:
        """Return a Python method's result as answer and value (`answer_of_exception` reads exceptions)."""
        del operation
        return ("ok", result)

    def pack(self, arguments: Mapping[str, Any]) -> Any:
        """Return a Python call's keyword arguments as the operation's one: none as None, several as a tuple."""
        values = tuple(arguments.values())
        return values[0] if len(values) == 1 else values or None

    def show(self, state: Any) -> str:
        """Return the state as a reader says it."""
        return repr(state)

    def name(self, operation: str) -> str:
        """Return the specification's own name of an operation; raises `UnknownOperationError` with those it knows."""
        if not self.names:
            return operation
        try:
            return self.names[operation]
        except KeyError:
            known = ", ".join(dict.fromkeys(self.names.values()))
            raise UnknownOperationError(f"{type(self).__name__} knows {known}; not {operation!r}") from None


def calls_of(history: Iterable[Operation], spec: Spec) -> list[Call]:
    """Return the history's operations as the specification sees them."""
    operations = list(history)
    names = [spec.name(o.operation) for o in operations]
    before = [sum(1 << j for j in o.after) for o in operations]
    calls = []
    for i, o in enumerate(operations):
        others = (j for j in range(len(operations)) if j != i)
        beside = {names[j] for j in others if not (before[i] >> j & 1 or before[j] >> i & 1)}
        calls.append(Call(i, names[i], o.argument, before[i], frozenset(beside)))
    return calls
