"""The search for a race: draw programs, run each many times, judge, shrink, and show the smallest one that fails."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Protocol

from hypothesis.strategies import SearchStrategy

from lockfree.testing.history import History
from lockfree.testing.judges import Finding, judge
from lockfree.testing.picture import draw
from lockfree.testing.program import Program

try:
    import hypothesis
except ImportError as error:
    raise ImportError("lockfree.testing's search needs hypothesis: pip install 'lockfree[testing]'") from error


SHRINK_FACTOR = 4
"""How many times as often a program runs while shrinking: a smaller one that fails must not pass by luck."""


class Executor(Protocol):
    """Whatever can run a program many times."""

    def run(self, program: Program, *, repetitions: int, seed: int) -> Iterable[History]:
        """Run it and yield one history a repetition."""


class RaceFoundError(AssertionError):
    """A program broke a rule. `program`, `history` and `finding` are the smallest that the search came to."""

    def __init__(self, program: Program, history: History, finding: Finding) -> None:
        """Keep the evidence; the message is its picture."""
        self.program = program
        self.history = history
        self.finding = finding
        super().__init__(f"\n{program}\n\n{draw(history, finding)}\n")


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
    failed: dict[Program, RaceFoundError] = {}
    tries_left = shrinks
    seeds = itertools.count()
    judged = 0

    def attempt(program: Program) -> None:
        nonlocal judged, tries_left
        if program in failed:
            raise failed[program]
        if failed:
            tries_left -= 1
            if tries_left < 0:
                return
        times = repetitions * SHRINK_FACTOR if failed else repetitions
        for history in executor.run(program, repetitions=times, seed=next(seeds)):
            judged += 1
            finding = judge(history)
            if finding is not None:
                failed[program] = RaceFoundError(program, history, finding)
                raise failed[program]

    run = hypothesis.seed(seed)(
        hypothesis.settings(
            max_examples=examples,
            database=None,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(hypothesis.HealthCheck),
            phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
            verbosity=hypothesis.Verbosity.quiet,
        )(hypothesis.given(programs)(attempt))
    )
    run()
    return judged
