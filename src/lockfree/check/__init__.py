"""Drives the model checker: compiles a program for it, runs it in every weak-memory execution, reads what it found.

    report = check("queue.c")                      # or shipped scenarios: check("spsc_ring")
    print(report.verdict, report.story())

`check` answers as `lockfree check` does. `scenario` is one scenario to run from tests, `schedules` draws its executions
with Hypothesis. `build` makes what the runner loads, `runner` runs it, `litmus` checks herd's litmus tests.
`linearizability` judges histories by the specifications of `specs`. docs/reference/checker.md is the contract between
this package and the runner.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from lockfree.check.build import BuildError, CheckerMissingError
from lockfree.check.report import Checked, Report
from lockfree.check.result import Event, Result
from lockfree.check.runner import Options, RunnerError
from lockfree.check.scenarios import DefectError, Scenario, scenario
from lockfree.check.verify import check

if TYPE_CHECKING:
    from lockfree.check.strategies import schedules

__all__ = [
    "BuildError",
    "Checked",
    "CheckerMissingError",
    "DefectError",
    "Event",
    "Options",
    "Report",
    "Result",
    "RunnerError",
    "Scenario",
    "check",
    "scenario",
    "schedules",
]


def __getattr__(name: str) -> object:
    """Load what needs hypothesis when it is first asked for."""
    if name != "schedules":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module("lockfree.check.strategies").schedules
