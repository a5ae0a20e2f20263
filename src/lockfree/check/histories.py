"""Histories: what was called, what was answered, and what happened before what.

The order is partial. Of a run in real time, "before" means: had ended when the other began (`timed`). Of an execution
of the memory model it means happens-before from the one's return to the other's invoke, which the runner reports.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any


@dataclass(frozen=True, slots=True)
class Operation:
    """One call on the object under test.

    `answer` is `ok`, `full`, `empty`, `busy`, `closed` or `raised`; `value` what came with it (or the exception's
    name). `after` holds the indices, in its history, of all operations that happen before it: the relation is
    transitive. A `pending` operation has begun and not ended; its answer and value mean nothing, it is in nobody's
    `after`, and it may or may not have taken effect.
    """

    thread: int
    operation: str
    argument: Any = None
    answer: str = "ok"
    value: Any = None
    after: frozenset[int] = frozenset()
    pending: bool = False

    def __str__(self) -> str:
        """Show call and answer in a few characters."""
        return f"{self.call} → {'…' if self.pending else show_answer(self.answer, self.value)}"

    @property
    def call(self) -> str:
        """The call without its answer."""
        if isinstance(self.argument, Mapping):
            return " ".join((self.operation, *map(repr, self.argument.values())))
        return self.operation if self.argument is None else f"{self.operation} {self.argument!r}"


def show_answer(answer: str, value: Any) -> str:
    """Return an answer as a reader says it: the value alone where it went well."""
    if answer == "ok":
        return "ok" if value is None else repr(value)
    return answer if value is None else f"{answer} {value}"


def from_json(operations: Iterable[Mapping[str, Any]]) -> tuple[Operation, ...]:
    """Return one history of the runner's answer (`histories`, docs/reference/checker.md) as operations."""
    return tuple(
        Operation(
            thread=o["thread"],
            operation=o["operation"],
            argument=o.get("argument"),
            answer=o.get("answer") or "",
            value=o.get("value"),
            after=frozenset(o["after"]),
            pending=bool(o.get("pending", False)),
        )
        for o in operations
    )


def timed(operations: Sequence[Operation], spans: Sequence[tuple[float, float]]) -> tuple[Operation, ...]:
    """Return the operations with `after` filled in from their begins and ends; a pending one's end is not looked at."""
    ends = [None if o.pending else end for o, (_, end) in zip(operations, spans, strict=True)]
    return tuple(
        replace(o, after=frozenset(j for j, end in enumerate(ends) if end is not None and end < begin))
        for o, (begin, _) in zip(operations, spans, strict=True)
    )


def intervals(history: Sequence[Operation]) -> list[tuple[int, int]] | None:
    """Return a begin and an end for each operation that say the same as the `after` sets, or None: none do.

    An order comes from intervals exactly if the sets of predecessors are nested (Fishburn, 1970): every order of real
    time does, of the memory model's not every one. A pending operation ends after all others have begun.
    """
    ranks = {after: rank for rank, after in enumerate(sorted({o.after for o in history}, key=len))}
    ordered = list(ranks)
    if any(not small < large for small, large in pairwise(ordered)):
        return None
    last = len(ordered)
    ends = [last] * len(history)
    for after, rank in reversed(ranks.items()):
        for index in after:
            ends[index] = rank
    # Twice each, so that an end lies strictly between two begins: a before b exactly if end(a) < begin(b).
    return [(2 * ranks[o.after], 2 * end - 1) for o, end in zip(history, ends, strict=True)]
