"""Queues with distinct values, judged without search: four things that can be wrong, and no others.

A value comes from nowhere; comes out twice; overtakes one that was put in before it; or EMPTY is answered while the
queue can't have been empty. A history without these is linearizable, and one with any isn't, if its order comes from
intervals (real time does), the queue is unbounded (or never refuses), and every value is pushed once. Each is one sweep
over sorted ends: O(n log n).

Source: Henzinger, Sezgin and Vafeiadis, "Aspect-oriented linearizability proofs", CONCUR 2013. In a partial order of
the memory model two independent pairs of operations may be ordered with nothing between them, and the theorem doesn't
hold: such histories are searched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lockfree.check.histories import Operation, intervals
from lockfree.check.specs.base import Spec
from lockfree.check.specs.fifo import FifoSpec

NEVER = float("inf")


def have_aspects(history: Sequence[Operation], spec: Spec) -> bool:
    """Return whether the theorem speaks of this history under this specification."""
    if type(spec) is not FifoSpec or spec.empty != "strict" or spec.busy:
        return False
    names = [spec.name(o.operation) for o in history]
    pushed = [o.argument for o, name in zip(history, names, strict=True) if name == "push"]
    answers = {(name, o.answer) for o, name in zip(history, names, strict=True) if not o.pending}
    try:
        distinct = len(set(pushed)) == len(pushed)
    except TypeError:
        return False
    return (
        distinct
        and answers <= ({("push", "ok"), ("pop", "ok")} | (set() if spec.blocking else {("pop", "empty")}))
        and not any(o.pending and name != "push" for o, name in zip(history, names, strict=True))
        and (spec.capacity is None or len(pushed) <= spec.capacity)
        and intervals(history) is not None
    )


@dataclass(frozen=True, slots=True)
class _Value:
    """A value's two operations: when its push began and ended, and its pop; who did them."""

    push: Operation
    put: tuple[float, float]
    pop: Operation | None
    got: tuple[float, float]


def broken_aspect(history: Sequence[Operation]) -> str | None:
    """Return a sentence on the aspect that the history breaks, or None. Ask `have_aspects` first."""
    spans = intervals(history)
    if spans is None:
        raise ValueError("the history's order comes from no intervals: search it (linearize)")
    spec = FifoSpec()
    pops = [(o, s) for o, s in zip(history, spans, strict=True) if spec.name(o.operation) == "pop" and not o.pending]
    pushes = {o.argument: (o, s) for o, s in zip(history, spans, strict=True) if spec.name(o.operation) == "push"}
    taken = {o.value: (o, s) for o, s in pops if o.answer == "ok"}
    values = [_Value(push, put, *taken.get(value, (None, (NEVER, NEVER)))) for value, (push, put) in pushes.items()]
    # A pending push needs no care: its end comes after everything, so it binds nobody unless its value came out.
    empties = [(o, s) for o, s in pops if o.answer == "empty"]
    for complaint in (*_from_nowhere(pops, pushes), *_overtaken(values), *_not_empty(values, empties)):
        return complaint
    return None


def _from_nowhere(pops: list[Any], pushes: Mapping[Any, tuple[Operation, tuple[float, float]]]) -> Iterator[str]:
    count = Counter(o.value for o, _ in pops if o.answer == "ok")
    for o, (_, end) in pops:
        if o.answer != "ok":
            continue
        if o.value not in pushes:
            yield f"{o.value!r} came out, and was never pushed"
        elif end < pushes[o.value][1][0]:
            yield f"{o.value!r} came out before its push had begun"
        elif count[o.value] > 1:
            yield f"{o.value!r} came out {count[o.value]} times"


def _overtaken(values: list[_Value]) -> Iterator[str]:
    """By the begin of the later push: of all pushed surely before, the one whose pop begins last."""
    ended = sorted(values, key=lambda v: v.put[1])
    last: _Value | None = None
    index = 0
    for value in sorted(values, key=lambda v: v.put[0]):
        while index < len(ended) and ended[index].put[1] < value.put[0]:
            if last is None or ended[index].got[0] > last.got[0]:
                last = ended[index]
            index += 1
        if last is not None and value.got[1] < last.got[0]:
            first, second = last.push.argument, value.push.argument
            where = "is still inside" if last.pop is None else "came out after it"
            yield f"{second!r} came out, and {first!r}, pushed before it, {where}"


def _not_empty(values: list[_Value], empties: list[Any]) -> Iterator[str]:
    """Stretches of time in which some value was surely inside, joined where they overlap; an EMPTY within one lies."""
    stretches: list[list[float]] = []
    for begin, end in sorted((v.put[1], v.got[0]) for v in values if v.put[1] < v.got[0]):
        if stretches and begin < stretches[-1][1]:
            stretches[-1][1] = max(stretches[-1][1], end)
        else:
            stretches.append([begin, end])
    index = 0
    for o, (begin, end) in sorted(empties, key=lambda e: e[1][0]):
        while index < len(stretches) and stretches[index][1] <= begin:
            index += 1
        if index < len(stretches) and stretches[index][0] < begin and end < stretches[index][1]:
            yield f"thread {o.thread}'s {o.call} answered empty while something was inside all the time"
