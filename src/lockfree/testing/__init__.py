"""Tests of queues, and of any class, by racing them: programs drawn by Hypothesis, run on real threads, judged, shrunk.

    executor = NativeExecutor("spsc_ring")             # compiles the shipped header; or your own copy of it
    search(executor, programs("spsc_ring"))            # raises with the smallest program that breaks a rule

    @race(threads=3, spec=FifoSpec)                    # your own class, in Python; specifications: lockfree.check.specs
    class TestMyCache(MyCache):
        put = rule(key=fresh())
        get = rule()

What needs hypothesis (`programs`, `search`, `race`, `rule`, `fresh`) is loaded when first used: `pip install
'lockfree[testing]'`. Histories, judges, the sequential specification and `together` need nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockfree.testing.checked import CheckerExecutor
from lockfree.testing.history import TORN, Event, History
from lockfree.testing.judges import JUDGES, Finding, judge
from lockfree.testing.mutants import Mutant, StaleMutantError, load_mutants
from lockfree.testing.native import CompilerMissingError, NativeExecutor
from lockfree.testing.picture import draw
from lockfree.testing.program import Hold, Program, Step, Stop
from lockfree.testing.spec import BoundedQueue, sequential_order
from lockfree.testing.threads import PythonExecutor, ThreadStuckError, switch_interval, together

if TYPE_CHECKING:
    from lockfree.testing.explore import search
    from lockfree.testing.hunting import RaceFoundError
    from lockfree.testing.racing.decorator import RaceCase, race
    from lockfree.testing.racing.rules import fresh, rule
    from lockfree.testing.strategies import programs

__all__ = [
    "JUDGES",
    "TORN",
    "BoundedQueue",
    "CheckerExecutor",
    "CompilerMissingError",
    "Event",
    "Finding",
    "History",
    "Hold",
    "Mutant",
    "NativeExecutor",
    "Program",
    "PythonExecutor",
    "RaceCase",
    "RaceFoundError",
    "StaleMutantError",
    "Step",
    "Stop",
    "ThreadStuckError",
    "draw",
    "fresh",
    "judge",
    "load_mutants",
    "programs",
    "race",
    "rule",
    "search",
    "sequential_order",
    "switch_interval",
    "together",
]

_NEED_HYPOTHESIS = {
    "programs": "strategies",
    "RaceCase": "racing.decorator",
    "RaceFoundError": "hunting",
    "fresh": "racing.rules",
    "race": "racing.decorator",
    "rule": "racing.rules",
    "search": "explore",
}


def __getattr__(name: str) -> object:
    """Load what needs hypothesis when it is first asked for."""
    if name not in _NEED_HYPOTHESIS:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NEED_HYPOTHESIS[name]}"), name)
