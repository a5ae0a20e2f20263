"""A scenario to run from tests: explored as a whole, or along a schedule that Hypothesis draws.

ring = scenario("spsc_ring", "wrap")           # or scenario("queue.c"); compiled once

def test_every_execution():
ring.passes(model="tso")

@given(schedules())
def test_some_executions(schedule):
ring.follows(schedule)
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from lockfree.check.report import Checked, Report, Target
from lockfree.check.result import Result
from lockfree.check.runner import Options, run
from lockfree.check.verify import explore, investigate, prepare

__all__ = ["DefectError", "Scenario", "Schedule", "scenario"]

Schedule = Sequence[tuple[int, int]]
"""Deviations `(step, choice)` from the default execution: the same thread goes on, and reads the newest value."""

_SECONDS = 60.0


class DefectError(AssertionError):
    """A scenario has a defect, or could not be judged; the message is the story. `report` is the evidence."""

    def __init__(self, report: Report) -> None:
        """Keep the report."""
        self.report = report
        super().__init__(f"\n{report.story(110)}\n")


class Scenario:
    """One scenario of a program, compiled. Threads and processes may share it."""

    def __init__(self, target: Target, options: Options) -> None:
        self.target = target
        self.options = options

    def __repr__(self) -> str:
        return f"<scenario {self.target.label(self.options.scenario or '')}>"

    def explore(self, **options: Any) -> Report:
        """Explore it; options by the names of `lockfree.check.runner.Options`."""
        chosen = replace(self.options, **options)
        result = explore(self.target, chosen)
        return Report((Checked(self.target, result),))

    def passes(self, **options: Any) -> Result:
        """Explore it and return the result. Raises `DefectError`, with the shortest story, unless all is well."""
        report = self.explore(**options)
        if report.code == 1:
            report = Report((investigate(report.worst, replace(self.options, **options)),))
        if report.code != 0:
            raise DefectError(report)
        return report.worst.result

    def follows(self, schedule: Schedule, **options: Any) -> Result:
        """Run the one execution that a schedule describes. Raises `DefectError` if it shows a defect."""
        chosen = replace(self.options, mode="replay", deviations=tuple(sorted(schedule)), **options)
        result = run(self.target.built.library, chosen, timeout=_SECONDS)
        if result.code == 1:
            raise DefectError(Report((Checked(self.target, result),)))
        return result


def scenario(
    what: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    name: str | None = None,
    *,
    flags: Sequence[str] = (),
    **options: Any,
) -> Scenario:
    """Compile a program, or the shipped scenarios of a structure, and return the one called `name`.

    what: a file, several files that make one program, or a name as for `lockfree check`. name: may be left out where
    there is only one. flags: for the compiler. options: defaults for every run. Raises as `check` does, and ValueError
    where the name is none or not the only one.
    """
    words = [what] if isinstance(what, str | os.PathLike) else list(what)
    targets = prepare(words, flags, name)
    every = [(target, one) for target in targets for one in target.scenarios]
    if len(every) != 1:
        raise ValueError(f"which scenario? There are: {', '.join(one for _, one in every)}")
    target, only = every[0]
    return Scenario(target, Options(scenario=only, **options))
