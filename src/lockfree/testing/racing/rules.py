"""Rules say which methods a race may call and with what; from them Hypothesis draws programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError("lockfree.testing's race needs hypothesis: pip install 'lockfree[testing]'") from error


class Fresh:
    """Stands for a number that no other call of the program gets: 1, 2, 3, … in the program's order."""

    def __repr__(self) -> str:
        return "fresh"


FRESH = Fresh()


def fresh() -> st.SearchStrategy[Any]:
    """Draw numbers that are all different in a program: what comes out tells what went in."""
    return st.just(FRESH)


@dataclass(frozen=True, slots=True)
class RaceCall:
    """One call: a method's name and its keyword arguments."""

    method: str
    arguments: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        """Show it as it would be typed."""
        return f"{self.method}({', '.join(repr(value) for _, value in self.arguments)})"


@dataclass(frozen=True, slots=True)
class RaceProgram:
    """What is called: alone before, in threads at once, and alone when all threads have ended."""

    before: tuple[RaceCall, ...] = ()
    threads: tuple[tuple[RaceCall, ...], ...] = ()
    after: tuple[RaceCall, ...] = ()

    def __len__(self) -> int:
        """Count its calls."""
        return len(self.before) + sum(map(len, self.threads)) + len(self.after)

    def __str__(self) -> str:
        """Show each part in a line."""
        parts = {"before": self.before, **{f"thread {n}": calls for n, calls in enumerate(self.threads, 1)}}
        parts["after"] = self.after
        return "\n".join(f"{name}: {'; '.join(map(str, calls))}" for name, calls in parts.items() if calls)


@dataclass(slots=True)
class Rule:
    """A method that may be called: strategies for its arguments by name; `once`: at most one call of it a program."""

    arguments: Mapping[str, st.SearchStrategy[Any]]
    once: bool = False
    function: Callable[..., Any] | None = None

    def __call__(self, function: Callable[..., Any]) -> Rule:
        """Decorate a method."""
        self.function = function
        return self


def rule(*, once: bool = False, **arguments: st.SearchStrategy[Any]) -> Any:
    """Say that a race may call the method of this name, with arguments drawn from these strategies.

    In the body of a class for `race`, either `put = rule(item=fresh())` for a method that the class inherits (or that
    `race`'s `on` has), or as decorator of a method written there. A shutdown is a rule with `once=True`: where it comes
    is drawn, too.
    """
    return Rule(arguments, once=once)


def programs_of(
    rules: Mapping[str, Rule], *, threads: int, steps: int, alone: tuple[int, int]
) -> st.SearchStrategy[RaceProgram]:
    """Draw programs of 2 to `threads` threads; shrinks to two threads of a call each, with nothing before or after.

    What is called once is called by the threads or after them.
    """
    call = st.one_of([_call(name, r) for name, r in rules.items()])
    lanes = st.lists(st.lists(call, min_size=1, max_size=steps), min_size=2, max_size=threads)
    once = frozenset(name for name, r in rules.items() if r.once)
    early = [_call(name, r) for name, r in rules.items() if not r.once]
    first = st.lists(st.one_of(early), max_size=alone[0]) if early else st.just([])
    drawn = st.tuples(first, lanes, st.lists(call, max_size=alone[1]))
    return drawn.map(lambda parts: _plain(*parts, once=once))


def _call(name: str, a_rule: Rule) -> st.SearchStrategy[RaceCall]:
    values = st.tuples(*a_rule.arguments.values())
    names = tuple(a_rule.arguments)
    return values.map(lambda drawn: RaceCall(name, tuple(zip(names, drawn, strict=True))))


def _plain(
    before: Sequence[RaceCall],
    threads: Sequence[Sequence[RaceCall]],
    after: Sequence[RaceCall],
    *,
    once: frozenset[str],
) -> RaceProgram:
    """Leave out empty threads and second calls of what is called once; number what is fresh."""
    called: set[str] = set()
    number = 0

    def plain(calls: Sequence[RaceCall]) -> tuple[RaceCall, ...]:
        nonlocal number
        kept = []
        for call in calls:
            if call.method in called and call.method in once:
                continue
            called.add(call.method)
            arguments = []
            for name, value in call.arguments:
                number += value is FRESH
                arguments.append((name, number if value is FRESH else value))
            kept.append(replace(call, arguments=tuple(arguments)))
        return tuple(kept)

    first = plain(before)
    lanes = tuple(lane for lane in map(plain, threads) if lane)
    return RaceProgram(first, lanes, plain(after))
