"""What a scenario declares, in the comment above it: the specification that its histories are judged by, and progress.

    /* specification: queue, capacity 2, weak full, weak empty
     * progress: wait-free 6 */
    LF_SCENARIO(wrap) { ... }

`queue` or `stack` first; then `capacity N`; for a stack `inside 1 0` (what it holds at first, the newest last); and
for a queue `weak full`, `weak empty`, `in_turn full`, `in_turn empty`
(what these mean: lockfree.check.specs.fifo), `busy`. Progress (what it means: lockfree.check.freeze): `wait-free N`,
`lock-free N`, `non-blocking N` steps, each with `not` before it where it is known to fail, or `blocking`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from lockfree.check.histories import Operation, from_json
from lockfree.check.linearizability import UndecidedError, refute
from lockfree.check.result import Result
from lockfree.check.specs import FifoSpec, Spec, StackSpec
from lockfree.check.specs.fifo import POPS, PUSHES

__all__ = ["Claim", "claims", "declared", "judge", "progress", "specification", "written"]

T = TypeVar("T")

_ABOVE = re.compile(r"/\*((?:(?!\*/).)*)\*/\s*LF_SCENARIO\(\s*(\w+)\s*\)", re.DOTALL)
_WORDS = re.compile(r"specification:(.*?)(?=progress:|$)", re.DOTALL)
_PROGRESS = re.compile(r"progress:(.*?)(?=specification:|$)", re.DOTALL)
_CLAIM = re.compile(r"(not )?(wait-free|lock-free|non-blocking) (\d+)|blocking")
_KIND = re.compile(r"(weak|in_turn) (full|empty)")


@dataclass(frozen=True, slots=True)
class Claim:
    """What is said of progress. kind: `wait-free`, `lock-free`, `non-blocking` with at most `steps`; or `blocking`.

    broken: it says that the claim does not hold.
    """

    kind: str
    steps: int = 0
    broken: bool = False

    def __str__(self) -> str:
        return f"{'not ' if self.broken else ''}{self.kind}{f' {self.steps}' if self.steps else ''}"


def declared(sources: Iterable[Path]) -> dict[str, Spec]:
    """The specifications by scenario. Raises ValueError, with file and scenario, for one that is not understood."""
    return _read(sources, _WORDS, specification)


def claims(sources: Iterable[Path]) -> dict[str, tuple[Claim, ...]]:
    """The claims of progress by scenario. Raises as `declared`."""
    return _read(sources, _PROGRESS, progress)


def _read(sources: Iterable[Path], clause: re.Pattern[str], understand: Callable[[str], T]) -> dict[str, T]:
    found = {}
    for path in sources:
        for comment, name in _ABOVE.findall(path.read_text(errors="replace")):
            words = clause.search(re.sub(r"\s*\n\s*\*?\s*", " ", comment).strip())
            if words is None:
                continue
            try:
                found[name] = understand(words[1])
            except ValueError as error:
                raise ValueError(f"{path}: scenario {name}: {error}") from None
    return found


def progress(words: str) -> tuple[Claim, ...]:
    """The claims of one declaration. ValueError: not understood."""
    found = []
    for word in words.split(","):
        claim = _CLAIM.fullmatch(word.strip().rstrip("."))
        if claim is None:
            raise ValueError(
                f"{word.strip()!r} under progress: say wait-free N, lock-free N, non-blocking N or blocking"
            )
        found.append(Claim(claim[2] or "blocking", int(claim[3] or 0), broken=claim[1] is not None))
    return tuple(found)


def specification(words: str) -> Spec:
    """One declaration. ValueError: not understood."""
    kind, *rest = [word.strip().rstrip(".") for word in words.split(",")]
    capacity = None
    busy = False
    inside: tuple[int, ...] = ()
    full = empty = "strict"
    for word in rest:
        if word.startswith("capacity ") and word[9:].isdecimal():
            capacity = int(word[9:])
        elif weak := _KIND.fullmatch(word):
            full, empty = (weak[1], empty) if weak[2] == "full" else (full, weak[1])
        elif word == "busy":
            busy = True
        elif word.startswith("inside ") and kind == "stack":
            inside = tuple(map(int, word[7:].split()))
        else:
            raise ValueError(f"{word!r} in a specification: say capacity N, weak full, weak empty, busy, inside 1 0")
    if kind == "queue":
        return FifoSpec(capacity, full=full, empty=empty, busy=busy)
    if kind == "stack":
        return StackSpec(capacity, inside=inside)
    raise ValueError(f"specification of a {kind!r}: there are queue and stack")


def _as_said(operation: Operation) -> Operation:
    """Without the zeros that stand for nothing: a pop has no argument, only a pop that went well has a value."""
    pops = operation.operation in POPS
    return replace(
        operation,
        argument=operation.argument if operation.operation in PUSHES else None,
        value=operation.value if pops and operation.answer == "ok" else None,
    )


def written(history: Iterable[Mapping[str, Any]]) -> str:
    """A history for the runner's `--history`."""
    return "".join(
        f"{o['thread']} {o['operation']} {o['argument']} {o['answer']} {o['value']} {int(o['pending'])} "
        f"{sum(1 << index for index in o['after'])};"
        for o in history
    )


def judge(result: Result, spec: Spec) -> Result:
    """The result, or, where nothing else was found, `not-linearizable` with the first history that has no order."""
    if result.code == 1:
        return result
    for history in result.raw.get("histories") or ():
        try:
            refuted = refute([_as_said(operation) for operation in from_json(history)], spec)
        except UndecidedError as error:
            return result.answered("bound", str(error))
        if refuted is not None:
            return replace(result.answered("not-linearizable", str(refuted)), refused=written(history))
    return result
