"""Has the interpreter call the scheduler before each instruction that is a point: `sys.settrace`, or `sys.monitoring`.

The latter (Python 3.12 on) costs nothing at instructions that are no points, and is not switched on and off.
"""

from __future__ import annotations

import _thread
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any, Protocol

from lockfree.testing.racing.points import Points
from lockfree.testing.racing.scheduler import Lane, Scheduler, current


class Watcher(Protocol):
    """What makes threads stop at points."""

    points: Points

    def during(self) -> Any:
        """Return a context manager around a whole search."""

    def call(self, scheduler: Scheduler, lane: Lane, method: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        """Call the method with every point of it a step of the schedule."""


class Traced:
    """By `sys.settrace`, thread by thread and call by call."""

    def __init__(self, points: Points) -> None:
        """Keep the points."""
        self.points = points

    @contextmanager
    def during(self) -> Iterator[None]:
        """Nothing to prepare."""
        yield

    def call(self, scheduler: Scheduler, lane: Lane, method: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        """Call the method, traced."""
        points = self.points

        def local(frame: FrameType, event: str, argument: object) -> Any:
            del argument
            if event == "opcode" and frame.f_lasti in points.of(frame.f_code, frame.f_globals):
                scheduler.point(lane, frame)
            return local

        def enter(frame: FrameType, event: str, argument: object) -> Any:
            del event, argument
            if not points.of(frame.f_code, frame.f_globals):
                return None
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
            return local

        sys.settrace(enter)
        try:
            return method(**arguments)
        finally:
            sys.settrace(None)


class Monitored:
    """By `sys.monitoring`: code is instrumented when it is first entered, for the rest of the search."""

    def __init__(self, points: Points) -> None:
        """Keep the points."""
        self.points = points

    @contextmanager
    def during(self) -> Iterator[None]:
        """Take one of the interpreter's free tool numbers, and give it back, with all code as it was."""
        monitoring: Any = sys.monitoring  # type: ignore[attr-defined]  # from Python 3.12 on
        tool = next((n for n in (4, 3, 2, 1, 0) if monitoring.get_tool(n) is None), None)
        if tool is None:
            raise RuntimeError("no tool number of sys.monitoring is free: race without a debugger or profiler")
        events = monitoring.events
        points, disable, frame_of = self.points, monitoring.DISABLE, sys._getframe  # noqa: SLF001  the only way
        instrumented: list[CodeType] = []

        def start(code: CodeType, offset: int) -> Any:
            del offset
            if points.of(code, frame_of(1).f_globals):
                instrumented.append(code)
                monitoring.set_local_events(tool, code, events.INSTRUCTION)
            return disable

        def instruction(code: CodeType, offset: int) -> Any:
            frame = frame_of(1)
            if offset not in points.of(code, frame.f_globals):
                return disable
            found = current.get(_thread.get_ident())
            if found is not None and found[1].inside:
                found[0].point(found[1], frame)
            return None

        monitoring.use_tool_id(tool, "lockfree.testing.race")
        monitoring.restart_events()
        monitoring.register_callback(tool, events.PY_START, start)
        monitoring.register_callback(tool, events.INSTRUCTION, instruction)
        monitoring.set_events(tool, events.PY_START)
        try:
            yield
        finally:
            monitoring.set_events(tool, 0)
            for code in instrumented:
                monitoring.set_local_events(tool, code, 0)
            monitoring.free_tool_id(tool)

    def call(self, scheduler: Scheduler, lane: Lane, method: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        """Call the method; the callbacks find the lane by its thread."""
        del scheduler
        lane.inside = True
        try:
            return method(**arguments)
        finally:
            lane.inside = False


def watcher(points: Points) -> Watcher:
    """Return the better way that this interpreter has."""
    return Monitored(points) if sys.version_info >= (3, 12) else Traced(points)
