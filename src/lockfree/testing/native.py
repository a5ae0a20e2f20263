"""The native executor: runs programs on real threads against a C header, compiled when it is needed.

`NativeExecutor("spsc_ring")` compiles `executor/executor.c` with the shipped header, or, given another include
directory, with that one. No Python runs between the start gate and the last answer.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path

from lockfree.testing.history import Event, History
from lockfree.testing.program import CALLS, MOST_ITEMS, MOST_STEPS, PUTS, ROLES, Program, Step

SOURCES = Path(__file__).with_name("executor")
STRUCTURES = ("spsc_ring", "spsc_bytes")
MOST_LEFT = 64
REFUSED = 16
STATUSES = ("ok", "full", "empty", "busy", "closed", "too_big", "timeout", "interrupted", "corrupt")
FLAGS = ("-std=gnu11", "-O2", "-g0", "-fPIC", "-shared", "-pthread", "-ftls-model=initial-exec")


class _Step(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint32) for name in ("call", "n", "keep", "size", "hold_gap", "hold_until"))


class _Record(ctypes.Structure):
    _fields_ = (
        ("begin", ctypes.c_uint64),
        ("end", ctypes.c_uint64),
        ("answer", ctypes.c_uint32),
        ("count", ctypes.c_uint32),
        ("held_at", ctypes.c_uint32),
        ("unused", ctypes.c_uint32),
        ("items", ctypes.c_uint64 * MOST_ITEMS),
    )


class _Left(ctypes.Structure):
    _fields_ = (
        ("count", ctypes.c_uint64),
        ("taken", ctypes.c_uint64),
        ("filled", ctypes.c_uint64),
        ("items", ctypes.c_uint64 * MOST_LEFT),
    )


class Run(ctypes.Structure):
    """struct run of executor/program.h."""

    _fields_ = (
        ("capacity", ctypes.c_uint64),
        ("start", ctypes.c_uint64),
        ("seed", ctypes.c_uint64),
        ("item_words", ctypes.c_uint32),
        ("strict", ctypes.c_uint32),
        ("filled", ctypes.c_uint32),
        ("threads", ctypes.c_uint32),
        ("repetitions", ctypes.c_uint32),
        ("first_fenced", ctypes.c_uint32),
        ("stamped", ctypes.c_uint32),
        ("jitter", ctypes.c_uint32),
        ("counts", ctypes.c_uint32 * (len(ROLES) + 1)),
        ("steps", (_Step * MOST_STEPS) * len(ROLES)),
        ("records", ctypes.POINTER(_Record)),
        ("left", ctypes.POINTER(_Left)),
    )


class CompilerMissingError(RuntimeError):
    """No C compiler was found, or it refused the program."""


def find_compiler() -> str:
    """Return the C compiler: `$CC`, else `cc`, `gcc` or `clang`, whichever is there first."""
    for name in (os.environ.get("CC", ""), "cc", "gcc", "clang"):
        if name and shutil.which(name.split()[0]):
            return name
    raise CompilerMissingError(
        "the native executor needs a C compiler: install one (Debian: build-essential) or set CC"
    )


def default_include() -> Path:
    """Return the directory of the headers that this lockfree was installed with."""
    import lockfree

    return Path(lockfree.get_include())


class NativeExecutor:
    """Runs programs on pthreads. One executor holds one compiled header.

    `structure` is one of `STRUCTURES`; `include` is the directory that holds `lockfree/<structure>.h` (the shipped
    headers when None); `flags` go to the compiler after the executor's own. Compiling takes some 0.3 s. `run` may be
    called from any thread; it releases the GIL while the program runs.
    """

    def __init__(
        self, structure: str, include: str | os.PathLike[str] | None = None, flags: Sequence[str] = ()
    ) -> None:
        """Compile the executor. Raises `CompilerMissingError` with the compiler's words if that fails."""
        if structure not in STRUCTURES:
            raise ValueError(f"no executor for {structure!r}: use one of {', '.join(STRUCTURES)}")
        self.structure = structure
        self.include = Path(include) if include is not None else default_include()
        header = self.include / "lockfree" / f"{structure}.h"
        self._texts = [
            (path.name, path.read_text().splitlines())
            for path in (header, header.with_name("base.h"), SOURCES / f"bind_{structure}.h")
        ]
        directory = tempfile.mkdtemp(prefix="lockfree-executor-")
        weakref.finalize(self, shutil.rmtree, directory, ignore_errors=True)
        library = Path(directory) / f"{structure}.so"
        command = [
            *find_compiler().split(),
            *FLAGS,
            f"-I{self.include}",
            f'-DBINDING="bind_{structure}.h"',
            str(SOURCES / "executor.c"),
            "-o",
            str(library),
            *flags,
        ]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise CompilerMissingError(f"the executor for {header} does not compile:\n{made.stderr}")
        self._execute = ctypes.CDLL(str(library)).lockfree_execute
        self._execute.argtypes = (ctypes.POINTER(Run),)
        self._execute.restype = ctypes.c_int

    def run(
        self, program: Program, *, repetitions: int = 16, seed: int = 0, jitter: int = 400, stamped: bool = True
    ) -> Iterator[History]:
        """Run the program so many times and yield a history for each.

        The second half of the repetitions is fenced (`History.ordered`). In three of four each thread may also be held
        at one random gap, and delayed at every gap by up to `jitter` pauses or a yield, drawn from `seed`.
        Without `stamped` no repetition is fenced and begin and end are only the step's number: steps follow each other
        so closely that the store buffers show.
        """
        if program.stopped is not None:
            raise ValueError("a thread on the machine can't be stopped at a given step: use CheckerExecutor")
        records = (_Record * (repetitions * len(ROLES) * MOST_STEPS))()
        left = (_Left * repetitions)()
        first_fenced = repetitions // 2 if stamped else repetitions
        run = encode(program)
        run.seed = seed
        run.repetitions = repetitions
        run.first_fenced = first_fenced
        run.stamped = stamped
        run.jitter = jitter
        run.records = records
        run.left = left
        answer = self._execute(ctypes.byref(run))
        if answer != 0:
            raise ValueError(
                f"the executor refused the program ({'sizes out of bounds' if answer == 1 else 'no memory'})"
            )
        for repetition in range(repetitions):
            yield self._history(program, records, left[repetition], repetition, ordered=repetition >= first_fenced)

    def _history(
        self, program: Program, records: ctypes.Array[_Record], left: _Left, repetition: int, *, ordered: bool
    ) -> History:
        events = [self._filling(left.filled)] if left.filled else []
        for thread, steps in enumerate(program.threads):
            base = (repetition * len(ROLES) + thread) * MOST_STEPS
            events += [self._event(thread, i, step, records[base + i]) for i, step in enumerate(steps)]
        taken = min(left.taken, MOST_LEFT)
        ring = self.structure == "spsc_ring"
        return History(
            events=tuple(events),
            left=tuple(left.items[:taken]),
            count_left=left.count if ring else None,
            full_from=program.capacity if ring else 1,
            most=program.capacity if ring else None,
            ordered=ordered,
            settings=f"{self.structure}: {program.settings()}",
        )

    def _filling(self, filled: int) -> Event:
        """Name what went in before the start as the producer's step 0, which ended before all others began."""
        length = 0 if self.structure == "spsc_ring" else 8 << 32
        return Event(0, 0, "push_n", "ok", tuple(i | length for i in range(1, filled + 1)), asked=filled, end=1)

    def _event(self, thread: int, index: int, step: Step, record: _Record) -> Event:
        answer = "refused" if record.answer == REFUSED else STATUSES[record.answer]
        counted = step.call in {"push_n", "pop_n"}
        return Event(
            thread=thread,
            step=index + 1,
            call=step.call,
            answer=answer,
            items=tuple(record.items[: record.count]),
            asked=step.n if counted else 1,
            begin=record.begin,
            end=record.end,
            held=self._place(record.held_at) if record.held_at else "",
        )

    def _place(self, place: int) -> str:
        """Name a gap by file, line and text: GAP_PLACE in gaps.h."""
        name, text = self._texts[place >> 16]
        line = place & 0xFFFF
        return f"{name}:{line} {text[line - 1].strip()}"


def encode(program: Program) -> Run:
    """Return the program as the executors' C reads it: struct run of executor/program.h."""
    run = Run(
        capacity=program.capacity,
        start=program.start,
        item_words=program.item_words,
        strict=program.strict,
        filled=program.filled,
        threads=len(program.threads),
    )
    for thread, steps in enumerate(program.threads):
        run.counts[thread] = len(steps)
        for index, step in enumerate(steps):
            run.steps[thread][index] = _encode(step)
    return run


def _encode(step: Step) -> _Step:
    hold = step.hold
    return _Step(
        call=CALLS.index(step.call),
        n=step.n,
        keep=step.keep,
        size=step.size if step.call in {*PUTS, "abort"} else 0,
        hold_gap=hold.gap if hold is not None else 0,
        hold_until=hold.until if hold is not None else 0,
    )
