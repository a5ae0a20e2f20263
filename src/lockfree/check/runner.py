"""Starts the checker's runner on a shared object and reads what it answers.

    result = run(built.library, Options(model="tso", jobs=2))
    if result.verdict == "race": tell(result.trace)

The runner is a process of its own: whatever the code under test does to it, this one lives and says so.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Self

from lockfree.check.build import runner_path
from lockfree.check.result import Progress, Result
from lockfree.errors import LockfreeError

__all__ = ["Options", "RunnerError", "Weakening", "run", "scenarios"]

_LIST_SECONDS = 60.0


class RunnerError(LockfreeError, ValueError):
    """The runner refused its arguments or the object (no such scenario, no threads); the message is its sentence."""


@dataclass(frozen=True, slots=True)
class Weakening:
    """One weaker order. offset: of the site; which: `o` its order, `f` its failure order, `x` drop the fence."""

    offset: int
    which: str
    order: str = "relaxed"

    def __str__(self) -> str:
        return f"{self.offset:#x}:x" if self.which == "x" else f"{self.offset:#x}:{self.which}:{self.order}"


@dataclass(frozen=True, slots=True)
class Options:
    """The runner's options, by their names in docs/reference/checker.md; None leaves one at the runner's default.

    deviations: (step, choice) pairs, for mode "replay". freeze: (thread, events) pairs. input: what the program gets by
    `lf_check_input`. Other units are the runner's.
    """

    scenario: str | None = None
    model: str = "rc11"
    mode: str = "exhaustive"
    executions: int | None = None
    seconds: float | None = None
    events: int | None = None
    loop: int | None = None
    spurious: int | None = None
    seed: int | None = None
    depth: int | None = None
    most: int | None = None
    deviations: tuple[tuple[int, int], ...] = ()
    freeze: tuple[tuple[int, int], ...] = ()
    weaken: tuple[Weakening, ...] = ()
    wait_free: int | None = None
    lock_free: int | None = None
    non_blocking: int | None = None
    completions: bool = False
    histories: bool = False
    history: str | None = None
    synchronizes: bool = False
    no_spin: bool = False
    unreclaimed: bool = False
    jobs: int | None = None
    input: bytes = b""

    def arguments(self) -> list[str]:
        """The command line for them."""
        words = ["--model", self.model, "--mode", self.mode]
        for name in (
            "scenario",
            "executions",
            "seconds",
            "events",
            "loop",
            "spurious",
            "seed",
            "depth",
            "most",
            "wait_free",
            "lock_free",
            "non_blocking",
            "jobs",
            "history",
        ):
            value = getattr(self, name)
            if value is not None:
                words += [f"--{name.replace('_', '-')}", str(value)]
        for name in ("deviations", "freeze"):
            pairs = getattr(self, name)
            if pairs:
                words += [f"--{name}", ",".join(f"{first}:{second}" for first, second in pairs)]
        if self.input:
            words += ["--input", self.input.hex()]
        if self.weaken:
            words += ["--weaken", ",".join(map(str, self.weaken))]
        flags = ("completions", "histories", "synchronizes", "no_spin", "unreclaimed")
        return words + [f"--{name.replace('_', '-')}" for name in flags if getattr(self, name)]


def run(
    library: Path,
    options: Options | None = None,
    *,
    on_progress: Callable[[Progress], None] | None = None,
    timeout: float | None = None,
    runner: Path | None = None,
) -> Result:
    """Explore one scenario of a shared object and return what was found.

    on_progress: called twice a second. timeout: seconds after which the runner is killed (None: never; `seconds` of
    the options ends it in order instead). runner: another program than `runner_path()`. A runner that dies, or hangs
    past the time-out, is a result with verdict `crash`. Raises `RunnerError` where it refused to start.
    """
    options = options or Options()
    command = [str(runner or runner_path()), str(library), *options.arguments()]
    command += ["--progress"] if on_progress is not None else []
    answer: Mapping[str, Any] | None = None
    with _Process(command, timeout) as process:
        for line in process.lines():
            message = _parse(line)
            if message is None:
                continue  # cut short by its death
            if "progress" in message:
                if on_progress is not None:
                    told = message["progress"]
                    on_progress(Progress(told["executions"], told["seconds"], told.get("estimate")))
            elif "verdict" in message:
                answer = message
        status, words = process.finish()
    if answer is not None:
        return replace(Result.from_json(answer), output=words)
    if process.timed_out:
        message_text = f"the runner was stopped after {timeout:g} s without an answer"
    elif status < 0:
        message_text = f"the runner died of {_signal(-status)} without an answer"
    elif status == 2:
        raise RunnerError(words.strip() or "the runner refused its arguments and said no more")
    else:
        message_text = f"the runner ended with exit status {status} without an answer"
    if words.strip():
        message_text += f": {words.strip().splitlines()[-1]}"
    raw = {"verdict": "crash", "message": message_text, "model": options.model, "mode": options.mode}
    return Result.from_json(raw | {"scenario": options.scenario or ""})


def scenarios(library: Path, *, runner: Path | None = None) -> tuple[str, ...]:
    """The scenarios of a shared object; `main` is the program's own. Raises `RunnerError` if it can't be loaded."""
    with _Process([str(runner or runner_path()), str(library), "--list"], _LIST_SECONDS) as process:
        messages = [_parse(line) for line in process.lines()]
        status, words = process.finish()
    for message in messages:
        if message is not None and "scenarios" in message:
            return tuple(message["scenarios"])
    raise RunnerError(words.strip() or f"the runner could not list the scenarios (exit status {status})")


class _Process:
    """The runner and whatever processes it starts; all are gone when the block ends."""

    def __init__(self, command: list[str], timeout: float | None) -> None:
        self.timed_out = False
        self._command = command
        self._timeout = timeout

    def __enter__(self) -> Self:
        # A file and no pipe: nobody reads it while the answer is read, and a full pipe would stop the runner.
        self._stderr = tempfile.TemporaryFile("w+", errors="replace")
        try:
            self._child = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                start_new_session=True,  # so that its children can be ended with it
            )
        except BaseException:
            self._stderr.close()
            raise
        self._timer = threading.Timer(self._timeout, self._stop) if self._timeout is not None else None
        if self._timer is not None:
            self._timer.daemon = True
            self._timer.start()
        return self

    def lines(self) -> IO[bytes]:
        assert self._child.stdout is not None  # noqa: S101 - a pipe, as asked
        return self._child.stdout

    def finish(self) -> tuple[int, str]:
        """Its exit status and what it said on standard error."""
        status = self._child.wait()
        self._stderr.seek(0)
        return status, self._stderr.read()

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._kill()
        self._child.wait()
        self.lines().close()
        self._stderr.close()

    def _stop(self) -> None:
        self.timed_out = True
        self._kill()

    def _kill(self) -> None:
        if self._child.returncode is not None:
            return  # reaped: its number may be another's by now
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
