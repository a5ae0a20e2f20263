"""Races between Python threads: functions behind a barrier, and programs on any object with the stdlib's names."""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from lockfree.testing.history import Event, History
from lockfree.testing.program import Program, Step

CLOSED_NAMES = frozenset({"ShutDown", "Closed", "ClosedError"})
"""Names of the exceptions by which a queue says that it is shut down (`queue.ShutDown` from Python 3.13 on)."""


class ThreadStuckError(AssertionError):
    """A thread of a race had not finished when the time was over. Its name is in the message."""


@contextmanager
def switch_interval(seconds: float) -> Iterator[None]:
    """Let the interpreter change threads this often, and restore the old interval at the end. Process-wide."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(seconds)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def together(*functions: Callable[[], Any], timeout: float = 30.0, interval: float = 1e-6) -> list[Any]:
    """Run each function in a thread of its own, all started by one barrier; return their results in order.

    The interpreter switches threads every `interval` seconds meanwhile. Raises the first function's exception that
    has one, with the others as notes, and `ThreadStuckError` if one runs for more than `timeout` seconds in all (its
    thread is a daemon and is left behind).
    """
    barrier = threading.Barrier(len(functions))
    results: list[Any] = [None] * len(functions)
    errors: list[BaseException | None] = [None] * len(functions)

    def run(index: int, function: Callable[[], Any]) -> None:
        try:
            barrier.wait(timeout)
            results[index] = function()
        except BaseException as error:  # noqa: BLE001  handed to the caller below
            errors[index] = error

    threads = [
        threading.Thread(target=run, args=(i, f), name=getattr(f, "__name__", f"racer {i}"), daemon=True)
        for i, f in enumerate(functions)
    ]
    deadline = time.monotonic() + timeout
    with switch_interval(interval):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
    raised = [e for e in errors if e is not None]
    if raised:
        for other in raised[1:]:
            raised[0].add_note(f"another thread raised {other!r}")
        raise raised[0]
    stuck = [thread.name for thread in threads if thread.is_alive()]
    if stuck:
        raise ThreadStuckError(f"still running after {timeout} s: {', '.join(stuck)}")
    return results


class PythonExecutor:
    """Runs programs on Python threads against an object with `put_nowait`, `get_nowait` and perhaps `shutdown`.

    `make(program)` returns a fresh queue, `empty(queue)` takes out what is left in it. `push_n` and `pop_n` are loops
    of single calls, `reserve` is a put and `peek` a get; calls that the stdlib's names don't have (`abort`,
    `peek_keep`) do nothing. Holds are not honoured: the switch interval races.
    """

    def __init__(self, make: Callable[[Program], Any], empty: Callable[[Any], Iterable[int]] | None = None) -> None:
        """Keep the factory, and the function that empties a queue when its threads have ended (default: gets)."""
        self._make = make
        self._empty = empty if empty is not None else _gets

    def run(self, program: Program, *, repetitions: int = 4, seed: int = 0) -> Iterator[History]:
        """Run the program so many times and yield a history for each. `seed` is not used: nothing is drawn here."""
        del seed
        if program.stopped is not None:
            raise ValueError("a Python thread can't be stopped at a given step: use CheckerExecutor")
        for _ in range(repetitions):
            made = self._make(program)
            numbers = iter(range(1, 1 << 20))
            lanes = together(*(_Lane(made, index, steps, numbers) for index, steps in enumerate(program.threads)))
            yield History(
                events=tuple(event for lane in lanes for event in lane),
                left=tuple(self._empty(made)),
                full_from=program.capacity,
                most=program.capacity,
                settings=f"{type(made).__name__}: {program.settings()}",
            )


class _Lane:
    """One thread's steps; calling it runs them and returns their events."""

    def __init__(self, made: Any, index: int, steps: tuple[Step, ...], numbers: Iterator[int]) -> None:
        self._queue = made
        self._index = index
        self._steps = steps
        self._numbers = numbers
        self.__name__ = f"thread {index}"

    def __call__(self) -> list[Event]:
        return [event for number, step in enumerate(self._steps, 1) for event in self._events(number, step)]

    def _events(self, number: int, step: Step) -> Iterator[Event]:
        """Yield an event for each single call: a batch is not one step here, and is not judged as one."""
        items: tuple[int, ...]
        for _ in range(step.n if step.call in {"push_n", "pop_n"} else 1):
            begin = time.perf_counter_ns()
            if step.call in {"push", "push_n", "reserve"}:
                item = next(self._numbers)
                answer, items = _put(self._queue, item), (item,)
                call = "push"
            elif step.call in {"pop", "pop_n", "peek", "peek_span"}:
                taken = _take(self._queue)
                answer, items = (taken, ()) if isinstance(taken, str) else ("ok", (taken,))
                call = "pop"
            elif step.call == "close":
                self._queue.shutdown()
                answer, items, call = "ok", (), "close"
            else:
                return
            end = time.perf_counter_ns()
            yield Event(self._index, number, call, answer, items if answer == "ok" else (), begin=begin, end=end)


def _gets(made: Any) -> list[int]:
    left: list[int] = []
    while not isinstance(item := _take(made), str):
        left.append(item)
    return left


def _put(made: Any, item: int) -> str:
    try:
        made.put_nowait(item)
    except queue.Full:
        return "full"
    except Exception as error:
        if type(error).__name__ in CLOSED_NAMES:
            return "closed"
        raise
    return "ok"


def _take(made: Any) -> Any:
    try:
        return made.get_nowait()
    except queue.Empty:
        return "empty"
    except Exception as error:
        if type(error).__name__ in CLOSED_NAMES:
            return "closed"
        raise
