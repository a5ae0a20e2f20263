"""The specification that a scenario declares, in the comment above it: its histories are judged by it.

    /* specification: queue, capacity 2, weak full, weak empty */
    LF_SCENARIO(wrap) { ... }

`queue` or `stack` first; then `capacity N`; and for a queue `weak full`, `weak empty`, `in_turn full`, `in_turn empty`
(what these mean: lockfree.check.specs.fifo), `busy`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from lockfree.check.histories import from_json
from lockfree.check.linearizability import UndecidedError, refute
from lockfree.check.result import Result
from lockfree.check.specs import FifoSpec, Spec, StackSpec

__all__ = ["declared", "judge", "specification"]

_ABOVE = re.compile(r"/\*((?:(?!\*/).)*)\*/\s*LF_SCENARIO\(\s*(\w+)\s*\)", re.DOTALL)
_WORDS = re.compile(r"specification:(.*)", re.DOTALL)
_KIND = re.compile(r"(weak|in_turn) (full|empty)")


def declared(sources: Iterable[Path]) -> dict[str, Spec]:
    """The specifications by scenario. Raises ValueError, with file and scenario, for one that is not understood."""
    found = {}
    for path in sources:
        for comment, name in _ABOVE.findall(path.read_text(errors="replace")):
            words = _WORDS.search(re.sub(r"\s*\n\s*\*?\s*", " ", comment))
            if words is None:
                continue
            try:
                found[name] = specification(words[1])
            except ValueError as error:
                raise ValueError(f"{path}: scenario {name}: {error}") from None
    return found


def specification(words: str) -> Spec:
    """One declaration. ValueError: not understood."""
    kind, *rest = [word.strip().rstrip(".") for word in words.split(",")]
    capacity = None
    busy = False
    full = empty = "strict"
    for word in rest:
        if word.startswith("capacity ") and word[9:].isdecimal():
            capacity = int(word[9:])
        elif weak := _KIND.fullmatch(word):
            full, empty = (weak[1], empty) if weak[2] == "full" else (full, weak[1])
        elif word == "busy":
            busy = True
        else:
            raise ValueError(f"{word!r} in a specification: say capacity N, weak full, weak empty, busy")
    if kind == "queue":
        return FifoSpec(capacity, full=full, empty=empty, busy=busy)
    if kind == "stack":
        return StackSpec(capacity)
    raise ValueError(f"specification of a {kind!r}: there are queue and stack")


def judge(result: Result, spec: Spec) -> Result:
    """The result, or, where nothing else was found, `not-linearizable` with the first history that has no order."""
    if result.code == 1:
        return result
    for history in result.raw.get("histories") or ():
        try:
            refuted = refute(from_json(history), spec)
        except UndecidedError as error:
            return result.answered("bound", str(error))
        if refuted is not None:
            return result.answered("not-linearizable", str(refuted))
    return result
