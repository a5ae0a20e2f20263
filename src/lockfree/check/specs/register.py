"""One value: a register with read-modify-writes, and `latest`, whose reader may be answered BUSY."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from lockfree.check.specs.base import ANYTHING, Call, Outcome, Spec

_READS = dict.fromkeys(("read", "load", "get", "value"), "read")
_WRITES = dict.fromkeys(("write", "store", "set", "put", "publish"), "write")


class RegisterSpec(Spec):
    """One value: `read`, `write`, `swap` (answers the old value), `add` (answers the new one) and `cas`.

    `cas` takes the pair (expected, wanted) and answers whether it wrote. A state is the value.
    """

    names: ClassVar[Mapping[str, str]] = {
        **_READS,
        **_WRITES,
        **dict.fromkeys(("swap", "exchange"), "swap"),
        **dict.fromkeys(("add", "increment"), "add"),
        **dict.fromkeys(("cas", "compare_exchange"), "cas"),
    }

    def __init__(self, initial: Any = 0) -> None:
        """Keep the value of a new register."""
        self.initial = initial

    def start(self) -> Any:
        """Return the value of a new register."""
        return self.initial

    def answers(self, state: Any, call: Call) -> Iterator[Outcome]:
        """Return the one thing that the register answers; an `add` of nothing adds one."""
        if call.operation == "read":
            yield Outcome("ok", state, state)
        elif call.operation == "write":
            yield Outcome("ok", ANYTHING, call.argument)
        elif call.operation == "swap":
            yield Outcome("ok", state, call.argument)
        elif call.operation == "add":
            total = state + (1 if call.argument is None else call.argument)
            yield Outcome("ok", total, total)
        else:
            expected, wanted = call.argument
            yield Outcome("ok", state == expected, wanted if state == expected else state)

    def read(self, operation: str, result: Any) -> tuple[str, Any]:
        """Return a method's result as answer and value; a write's result is not looked at."""
        return ("ok", None if self.name(operation) == "write" else result)


class LatestSpec(Spec):
    """The newest value only: `write`, `read`.

    A read answers EMPTY as long as nothing was written, and may answer BUSY where a write runs beside it: neither
    happens before the other. A state is the value in a tuple, or the empty one.
    """

    names: ClassVar[Mapping[str, str]] = {**_READS, **_WRITES}

    def start(self) -> tuple[Any, ...]:
        """Return the state of nothing written."""
        return ()

    def answers(self, state: tuple[Any, ...], call: Call) -> Iterator[Outcome]:
        """Return what may be answered."""
        if call.operation == "write":
            yield Outcome("ok", ANYTHING, (call.argument,))
            return
        yield Outcome("ok", state[0], state) if state else Outcome("empty", ANYTHING, state)
        if "write" in call.beside:
            yield Outcome("busy", ANYTHING, state)

    def read(self, operation: str, result: Any) -> tuple[str, Any]:
        """Return a method's result as answer and value; None from a read is EMPTY."""
        if self.name(operation) == "write":
            return ("ok", None)
        return ("empty", None) if result is None else ("ok", result)
