"""Tests of queues by racing them: programs drawn by Hypothesis, run on real threads, judged, shrunk and drawn.

    executor = NativeExecutor("spsc_ring")             # compiles the shipped header; or your own copy of it
    search(executor, programs("spsc_ring"))            # raises with the smallest program that breaks a rule

What needs hypothesis (`programs`, `search`) is loaded when first used: `pip install 'lockfree[testing]'`. Histories,
judges, the sequential specification and `race` need nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockfree.testing.history import TORN, Event, History
from lockfree.testing.judges import JUDGES, Finding, judge
from lockfree.testing.mutants import Mutant, StaleMutantError, load_mutants
from lockfree.testing.native import CompilerMissingError, NativeExecutor
from lockfree.testing.picture import draw
from lockfree.testing.program import Hold, Program, Step
from lockfree.testing.spec import BoundedQueue, sequential_order
from lockfree.testing.threads import PythonExecutor, ThreadStuckError, race, switch_interval

if TYPE_CHECKING:
    from lockfree.testing.explore import RaceFoundError, search
    from lockfree.testing.strategies import programs

__all__ = [
    "JUDGES",
    "TORN",
    "BoundedQueue",
    "CompilerMissingError",
    "Event",
    "Finding",
    "History",
    "Hold",
    "Mutant",
    "NativeExecutor",
    "Program",
    "PythonExecutor",
    "RaceFoundError",
    "StaleMutantError",
    "Step",
    "ThreadStuckError",
    "draw",
    "judge",
    "load_mutants",
    "programs",
    "race",
    "search",
    "sequential_order",
    "switch_interval",
]

_NEED_HYPOTHESIS = {"programs": "strategies", "RaceFoundError": "explore", "search": "explore"}


def __getattr__(name: str) -> object:
    """Load what needs hypothesis when it is first asked for."""
    if name not in _NEED_HYPOTHESIS:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NEED_HYPOTHESIS[name]}"), name)
