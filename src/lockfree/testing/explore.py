"""The search for a race: draw programs, run each many times, judge, shrink, and show the smallest one that fails."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

from lockfree.testing.history import History
from lockfree.testing.hunting import RaceFoundError, hunt
from lockfree.testing.judges import Finding, judge
from lockfree.testing.picture import draw
from lockfree.testing.program import Program

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


SHRINK_FACTOR = 4
"""How many times as often a program runs while shrinking: a smaller one that fails must not pass by luck."""


class Executor(Protocol):
    """Whatever can run a program many times."""

    def run(self, program: Program, *, repetitions: int, seed: int) -> Iterable[History]:
        """Run it and yield one history a repetition."""


def search(
    executor: Executor,
    programs: SearchStrategy[Program],
    *,
    examples: int = 300,
    repetitions: int = 32,
    shrinks: int = 300,
    seed: int = 0,
    judge: Callable[[History], Finding | None] = judge,
) -> int:
    """Run drawn programs until one breaks a rule; return how many runs were judged when none did.

    Raises `RaceFoundError` with the shrunk program. The draw is the same for the same `seed`; what the threads do is
    theirs. Shrinking runs at most `shrinks` further programs. A program seen to fail counts as failing from then on,
    so that shrinking isn't led astray by one lucky run.
    """
    seeds = itertools.count()
    judged = 0

    def attempt(program: Program, shrinking: bool) -> tuple[Program, History, Finding] | None:
        nonlocal judged
        times = repetitions * SHRINK_FACTOR if shrinking else repetitions
        for history in executor.run(program, repetitions=times, seed=next(seeds)):
            judged += 1
            finding = judge(history)
            if finding is not None:
                return program, history, finding
        return None

    found = hunt(programs, attempt, examples=examples, seed=seed, shrinks=shrinks)
    if found is None:
        return judged
    program, history, finding = found
    raise RaceFoundError(program, history, finding, f"{program}\n\n{draw(history, finding)}")
