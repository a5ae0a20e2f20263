"""Looks for a schedule of a program that breaks its specification: with no deviation, all with one, some with two.

Iterative deepening: what is found has no more deviations than it needs, as far as the schedules with fewer were all
tried. Deterministic: the same program is explored the same way each time.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from lockfree.check.linearizability import Refutation, refute
from lockfree.check.specs import Spec
from lockfree.testing.racing.rules import RaceProgram
from lockfree.testing.racing.runs import Deterministic, Run


@dataclass(frozen=True, slots=True)
class Broken:
    """A program, the run of it that broke the specification, and why no order explains it."""

    program: RaceProgram
    run: Run
    refutation: Refutation


class Explorer:
    """Explores programs and judges their runs; histories seen before are not judged again."""

    def __init__(self, executor: Deterministic, spec: Spec) -> None:
        """Keep what runs and what judges."""
        self._executor = executor
        self._judge = Judge(spec)
        self.runs = 0

    def explore(self, program: RaceProgram, *, runs: int, most: int) -> Broken | None:
        """Return the first run that breaks the specification, of at most so many with at most so many deviations."""
        level = [self._try(program, ())]
        if isinstance(level[0], Broken):
            return level[0]
        left = runs
        for depth in range(1, most + 1):
            choices = list(_further(level))  # type: ignore[arg-type]  # a Broken has been returned
            if len(choices) > left:
                choices = random.Random(depth).sample(choices, left)  # noqa: S311  the same each time
            next_level = []
            for deviations in choices:
                tried = self._try(program, deviations)
                if isinstance(tried, Broken):
                    return tried
                next_level.append(tried)
            left -= len(choices)
            level = next_level  # type: ignore[assignment]
            if not left:
                break
        return None

    def replay(self, broken: Broken, times: int) -> int:
        """Return how often the same schedule breaks the specification again."""
        again = (self._try(broken.program, broken.run.deviations) for _ in range(times))
        return sum(isinstance(tried, Broken) for tried in again)

    def _try(self, program: RaceProgram, deviations: tuple[tuple[int, int], ...]) -> Run | Broken:
        self.runs += 1
        run = self._executor.run(program, dict(deviations))
        refutation = self._judge(run)
        return run if refutation is None else Broken(program, run, refutation)


class Judge:
    """Judges runs by a specification, each history once."""

    def __init__(self, spec: Spec) -> None:
        """Keep the specification."""
        self._spec = spec
        self._known: dict[str, Refutation | None] = {}

    def __call__(self, run: Run) -> Refutation | None:
        """Return why the run's history can't be explained, or None."""
        key = repr((run.history, run.stuck))
        if key not in self._known:
            self._known[key] = refute(run.history, self._spec, quiescent=run.stuck)
        return self._known[key]


def _further(runs: list[Run]) -> Iterator[tuple[tuple[int, int], ...]]:
    """Yield each run's deviations with one more, later than the last, at each place where another could go on."""
    for run in runs:
        last = run.deviations[-1][0] if run.deviations else 0
        for step, (lane, ready) in enumerate(run.log, 1):
            if step > last:
                others = (n for n in range(len(run.lanes)) if n != lane and ready >> n & 1)
                yield from ((*run.deviations, (step, other)) for other in others)
