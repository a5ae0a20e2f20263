"""Is there an order of a history's operations that a sequential specification allows?

    refuted = refute(history, FifoSpec(2, full="weak"))     # None: linearizable; else print it

Complete for every partial order: a depth-first search over the sets of operations already in order (bit masks), with a
memo of those that led nowhere. It costs the number of sets closed downwards times states: a dozen operations at will,
thousands where few threads make them. Histories whose parts are independent are judged part by part, and queues with
distinct values by aspects, without search (`aspects`).

Source: Wing and Gong, "Testing and verifying concurrent objects", J. Parallel Distrib. Comput. 17, 1993; the memo:
Lowe, "Testing for linearizability", Concurrency Comput. 29(4), 2017.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lockfree.check.aspects import broken_aspect, have_aspects
from lockfree.check.histories import Operation, show_answer
from lockfree.check.specs.base import ANYTHING, Call, Outcome, Spec, calls_of
from lockfree.errors import LockfreeError

MOST_VISITS = 2_000_000
"""Sets of operations that a search looks at before it gives up."""


class UndecidedError(LockfreeError, RuntimeError):
    """A search saw too many sets of operations: nothing is known of the history. Shorten it, or allow more visits."""


@dataclass(frozen=True, slots=True)
class Refutation:
    """Why no order explains a history.

    `history` is the part that can't be explained, `prefix` the longest order found, as indices, `state` the object's
    state after it in words, and `refused` tells of each operation that could come next why it can't. `sentence`, where
    there is one, is the whole reason.
    """

    history: tuple[Operation, ...]
    prefix: tuple[int, ...] = ()
    state: str = ""
    refused: tuple[tuple[int, str], ...] = ()
    sentence: str = ""

    def __str__(self) -> str:
        """Show the reason, the longest order, and what it broke off at."""
        lines = [f"not linearizable: {self.sentence}" if self.sentence else "not linearizable: no order explains all"]
        if self.prefix:
            lines.append("the longest order that the specification allows:")
            lines += [f"    {self._who(i)}" for i in self.prefix]
        if self.refused:
            lines.append(f"then ({self.state}):" if self.state else "then:")
            lines += [f"    {self._who(i)}: {why}" for i, why in self.refused]
        return "\n".join(lines)

    def _who(self, index: int) -> str:
        return f"thread {self.history[index].thread}  {self.history[index]}"


def refute(
    history: Sequence[Operation], spec: Spec, *, quiescent: bool = False, visits: int = MOST_VISITS
) -> Refutation | None:
    """Return why the history isn't linearizable, or None: it is.

    A pending operation may or may not have taken effect. With `quiescent` nobody runs any more, so that a pending
    operation waits for ever, without effect; it may do so only where the specification has it wait, too. Raises
    `UndecidedError` after so many `visits`, `UnknownOperationError` for an operation that the specification lacks.
    """
    for part in parts(history, spec):
        if have_aspects(part, spec) and not (quiescent and any(o.pending for o in part)):
            sentence = broken_aspect(part)
            if sentence is None:
                continue
            return Refutation(tuple(part), sentence=sentence)
        found = _Search(part, spec, quiescent=quiescent, visits=visits).run()
        if isinstance(found, Refutation):
            return found
    return None


def linearize(
    history: Sequence[Operation], spec: Spec, *, quiescent: bool = False, visits: int = MOST_VISITS
) -> tuple[int, ...] | Refutation:
    """Return an order of the history's operations, as indices, by the complete search; or why there is none.

    A pending operation that the order needs not is left out. Raises as `refute`.
    """
    return _Search(history, spec, quiescent=quiescent, visits=visits).run()


def parts(history: Sequence[Operation], spec: Spec) -> list[Sequence[Operation]]:
    """Return the history split by `Spec.part`, or in one piece where an operation touches all."""
    keys = [spec.part(spec.name(o.operation), o.argument) for o in history]
    if not keys or None in keys or len(set(keys)) == 1:
        return [history]
    members: dict[Hashable, list[int]] = {}
    for index, key in enumerate(keys):
        members.setdefault(key, []).append(index)
    split: list[Sequence[Operation]] = []
    for chosen in members.values():
        place = {old: new for new, old in enumerate(chosen)}
        split.append(
            [replace(history[i], after=frozenset(place[j] for j in history[i].after if j in place)) for i in chosen]
        )
    return split


def fits(operation: Operation, outcome: Outcome) -> bool:
    """Return whether the outcome is what the operation answered."""
    return outcome.answer == operation.answer and (
        outcome.value is ANYTHING or outcome.value is operation.value or bool(outcome.value == operation.value)
    )


@dataclass(slots=True)
class _Search:
    """One search: `run` once."""

    history: Sequence[Operation]
    spec: Spec
    quiescent: bool
    visits: int
    _calls: list[Call] = field(init=False)
    _required: int = field(init=False)
    _turn: list[int] = field(init=False)
    _longest: tuple[tuple[int, ...], Any] = field(init=False)
    _stuck: tuple[tuple[int, ...], Any] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._calls = calls_of(self.history, self.spec)
        pending = [i for i, o in enumerate(self.history) if o.pending]
        complete = [i for i, o in enumerate(self.history) if not o.pending]
        self._required = sum(1 << i for i in complete)
        self._turn = complete + ([] if self.quiescent else pending)
        self._longest = ((), self.spec.start())

    def run(self) -> tuple[int, ...] | Refutation:
        """Search depth first, without recursion: histories may be long."""
        state = self.spec.start()
        order: list[int] = []
        path = [(0, state, self._next(0, state))]
        seen: set[tuple[int, Any]] = set()
        while path:
            done, state, choices = path[-1]
            if done & self._required == self._required:
                if not self.quiescent or not self._enabled(state):
                    return tuple(order)
                self._stuck = (tuple(order), state)
            else:
                chosen = next(choices, None)
                if chosen is not None:
                    index, state = chosen
                    done |= 1 << index
                    if (done, state) in seen:
                        continue
                    seen.add((done, state))
                    if len(seen) > self.visits:
                        raise UndecidedError(f"no answer after {self.visits} sets of {len(self.history)} operations")
                    order.append(index)
                    if len(order) > len(self._longest[0]):
                        self._longest = (tuple(order), state)
                    path.append((done, state, self._next(done, state)))
                    continue
            path.pop()
            if order:
                order.pop()
        return self._refutation()

    def _next(self, done: int, state: Any) -> Iterator[tuple[int, Any]]:
        """Yield what may come next: all before it is done, and the specification answers as it was answered."""
        for index in self._turn:
            call, operation = self._calls[index], self.history[index]
            if done >> index & 1 or call.before & ~done:
                continue
            for outcome in self.spec.answers(state, call):
                if operation.pending or fits(operation, outcome):
                    yield index, outcome.state

    def _enabled(self, state: Any) -> list[int]:
        """Return the waiting operations that the specification wouldn't leave waiting."""
        return [i for i, o in enumerate(self.history) if o.pending and any(self.spec.answers(state, self._calls[i]))]

    def _refutation(self) -> Refutation:
        history = tuple(self.history)
        if self._stuck is not None:
            prefix, state = self._stuck
            refused = [(i, f"waits for ever, where {self._may(state, i)}") for i in self._enabled(state)]
            first = history[refused[0][0]]
            sentence = f"thread {first.thread}'s {first.call} waits for ever, and need not"
            return Refutation(history, prefix, self.spec.show(state), tuple(refused), sentence)
        prefix, state = self._longest
        done = sum(1 << i for i in prefix)
        ready = [i for i in self._turn if not done >> i & 1 and not self._calls[i].before & ~done]
        refused = [(i, self._may(state, i)) for i in ready if not history[i].pending]
        return Refutation(history, prefix, self.spec.show(state), tuple(refused))

    def _may(self, state: Any, index: int) -> str:
        allowed = [
            show_answer(o.answer, None if o.value is ANYTHING else o.value)
            for o in self.spec.answers(state, self._calls[index])
        ]
        return f"the specification answers {' or '.join(allowed)}" if allowed else "the specification has it wait"
