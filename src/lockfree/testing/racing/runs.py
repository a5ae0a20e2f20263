"""Runs a race's program once, on real threads, and returns its history.

`Deterministic` lets one thread run at a time, as `scheduler` says; `free` lets the interpreter change threads as often
as it can, and time decides.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lockfree.check.histories import Operation, timed
from lockfree.check.specs import Spec, answer_of_exception
from lockfree.testing.racing.rules import RaceCall, RaceProgram
from lockfree.testing.racing.scheduler import AbandonedError, Lane, Mark, Scheduler
from lockfree.testing.racing.watching import Watcher
from lockfree.testing.threads import ThreadStuckError, together

MOST_FIRSTS = 3
"""Times to run a program anew because it met new code; some make new code in every run."""


@dataclass(slots=True)
class Record:
    """What became of one call; `end` 0: it never ended."""

    thread: int
    call: RaceCall
    begin: int = 0
    end: int = 0
    answer: str = ""
    value: Any = None


@dataclass(frozen=True, slots=True)
class Run:
    """One run: its history, whether threads were left waiting, and what a picture of it needs.

    `deviations` made the schedule; `log` has for each step the running lane and the mask of lanes that were ready;
    `lanes` has each lane's thread, and `marks` say threads where they say lanes.
    """

    history: tuple[Operation, ...]
    stuck: bool
    spans: tuple[tuple[int, int], ...]
    marks: tuple[Mark, ...] = ()
    lanes: tuple[int, ...] = ()
    deviations: tuple[tuple[int, int], ...] = ()
    log: tuple[tuple[int, int], ...] = field(default=(), compare=False)


def perform(target: Any, record: Record, spec: Spec, call: Callable[[Callable[..., Any], dict[str, Any]], Any]) -> None:
    """Make the call, by `call`, and write down what it answered."""
    try:
        result = call(getattr(target, record.call.method), dict(record.call.arguments))
    except AbandonedError:
        raise
    except BaseException as error:  # noqa: BLE001  whatever the code under test raises is its answer
        record.answer, record.value = answer_of_exception(error)
    else:
        if isinstance(result, (list, dict, set, bytearray)):
            result = copy.copy(result)  # what it is now, whatever others do to it
        record.answer, record.value = spec.read(record.call.method, result)


def as_run(records: Sequence[Record], spec: Spec, *, stuck: bool, **more: Any) -> Run:
    """Return what was written down as a history; calls that never began are left out."""
    begun = [r for r in records if r.begin]
    operations = [
        Operation(r.thread, r.call.method, spec.pack(dict(r.call.arguments)), r.answer, r.value, pending=not r.end)
        for r in begun
    ]
    spans = tuple((r.begin, r.end) for r in begun)
    return Run(timed(operations, spans), stuck, spans, **more)


class Deterministic:
    """Runs programs one thread at a time, as deviations say. One at a time in a process: it swaps locks (`locks`)."""

    def __init__(self, make: Callable[[], Any], spec: Spec, watcher: Watcher) -> None:
        """Keep what makes a fresh object, its specification, and what stops its threads."""
        self._make = make
        self.spec = spec
        self._watcher = watcher

    def run(self, program: RaceProgram, deviations: Mapping[int, int]) -> Run:
        """Run it; at step s lane `deviations[s]` goes on. Lanes: before, the threads, after; none without calls."""
        for _ in range(MOST_FIRSTS):
            seen = len(self._watcher.points)
            run = self._once(program, deviations)
            if len(self._watcher.points) == seen:  # else code was met for the first time, perhaps in its midst
                return run
        return run

    def _once(self, program: RaceProgram, deviations: Mapping[int, int]) -> Run:
        target = self._make()
        records: list[Record] = []
        numbers: list[int] = []
        bodies: list[tuple[int, Callable[[Scheduler, Lane], None]]] = []
        parts = [(0, 0, program.before), *((1, n, calls) for n, calls in enumerate(program.threads, 1))]
        for phase, thread, calls in (*parts, (2, 0, program.after)):
            if calls:
                mine = [Record(thread, call) for call in calls]
                records += mine
                bodies.append((phase, self._body(target, mine)))
                numbers.append(thread)
        scheduler = Scheduler(bodies)
        scheduler.run(deviations)
        return as_run(
            records,
            self.spec,
            stuck=scheduler.stuck,
            marks=tuple(replace(mark, lane=numbers[mark.lane]) for mark in scheduler.marks),
            lanes=tuple(numbers),
            deviations=tuple(sorted(deviations.items())),
            log=tuple(scheduler.log),
        )

    def _body(self, target: Any, records: list[Record]) -> Callable[[Scheduler, Lane], None]:
        def body(scheduler: Scheduler, lane: Lane) -> None:
            def call(method: Callable[..., Any], arguments: dict[str, Any]) -> Any:
                return self._watcher.call(scheduler, lane, method, arguments)

            for record in records:
                scheduler.point(lane)
                record.begin = scheduler.tick()
                perform(target, record, self.spec, call)
                scheduler.arrive(lane)
                record.end = scheduler.tick()

        return body


def _plainly(method: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    return method(**arguments)


def free(make: Callable[[], Any], spec: Spec, program: RaceProgram, *, timeout: float) -> Run:
    """Run it as the interpreter's threads run, changed every microsecond; who hasn't ended by then waits."""
    target = make()
    records: list[Record] = []
    stuck = False
    for first, lanes in ((0, [program.before]), (1, list(program.threads)), (0, [program.after])):
        bodies = []
        for thread, calls in enumerate(lanes, first):
            mine = [Record(thread, call) for call in calls]
            records += mine
            bodies.append(_free_body(target, mine, spec, time.perf_counter_ns))
        try:
            together(*bodies, timeout=timeout)
        except ThreadStuckError:
            stuck = True
            break
    return as_run(records, spec, stuck=stuck)


def _free_body(target: Any, records: list[Record], spec: Spec, clock: Callable[[], int]) -> Callable[[], None]:
    def body() -> None:
        for record in records:
            record.begin = clock()
            perform(target, record, spec, _plainly)
            record.end = clock()

    return body
