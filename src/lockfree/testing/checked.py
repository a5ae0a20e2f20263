"""The checker as an executor: each program runs in every execution that the memory model allows.

    executor = CheckerExecutor("spsc_ring")            # compiles the shipped header for the checker, once
    search(executor, programs("spsc_ring"))            # raises with the smallest program that breaks a rule

No luck is in it: the same program has the same histories each time, so that what is found is found again and shrinks.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lockfree.check.build import build
from lockfree.check.declared import written
from lockfree.check.histories import Operation
from lockfree.check.linearizability import UndecidedError, refute
from lockfree.check.report import Checked, Report, Target
from lockfree.check.result import Result
from lockfree.check.runner import Options, run
from lockfree.check.verify import investigate
from lockfree.testing.history import History
from lockfree.testing.judges import judge
from lockfree.testing.native import SOURCES, STRUCTURES, encode
from lockfree.testing.operations import as_history, operations
from lockfree.testing.picture import draw
from lockfree.testing.program import Program
from lockfree.testing.queue_spec import QueueSpec

__all__ = ["CheckerExecutor"]

_SCENARIO = "program"
_TIMEOUT = 120.0
_SHORTEST_SECONDS = 10.0

_Raw = Sequence[Mapping[str, Any]]


class CheckerExecutor:
    """Runs programs under the checker. One executor holds one compiled header; any thread may use it.

    `structure` is one of `STRUCTURES`; `include` is the directory that holds `lockfree/<structure>.h` (the shipped
    headers when None); `flags` go to the compiler. A program with at most `executions` executions is explored as a
    whole; of a larger one that many are, and `samples` others by PCT. `complete` and `sampled` count the two.
    """

    def __init__(
        self,
        structure: str = "spsc_ring",
        *,
        include: str | os.PathLike[str] | None = None,
        model: str = "rc11",
        executions: int = 1000,
        samples: int = 200,
        flags: Sequence[str] = (),
    ) -> None:
        """Compile the scenario. Raises what `lockfree.check.build.build` raises."""
        if structure not in STRUCTURES:
            raise ValueError(f"no executor for {structure!r}: there are {', '.join(STRUCTURES)}")
        # Included first and by its path: its guard then keeps the shipped one out.
        own = ("-include", str(Path(include) / "lockfree" / f"{structure}.h")) if include is not None else ()
        built = build([SOURCES / "checked.c"], flags=[*own, f'-DBINDING="bind_{structure}.h"', *flags])
        self.structure = structure
        self.complete = 0
        self.sampled = 0
        self._target = Target((), built, (_SCENARIO,))
        self._options = Options(scenario=_SCENARIO, model=model, executions=executions, histories=True)
        self._samples = samples

    def run(self, program: Program, *, repetitions: int = 1, seed: int = 0) -> Iterator[History]:
        """Explore the program and yield each distinct history, or the one in which the checker found a defect.

        `repetitions` and `seed` are those of executors that depend on luck. Holds make no difference: every place is
        a place to change threads. Raises ValueError for a program that is too large to be written down.
        """
        del repetitions, seed
        stop = program.stopped
        options = replace(
            self._options,
            input=bytes(encode(program)),
            freeze=() if stop is None else ((stop.thread + 1, stop.after),),
        )
        results = [self._explore(options)]
        if results[0].verdict == "bound":
            self.sampled += 1
            sampling = replace(options, mode="random", executions=self._samples, seed=1)
            results.append(self._explore(sampling))
        else:
            self.complete += 1
        for result in results:
            if result.code == 1:
                yield self._defect(program, result, options)
                return
        for raw, history in _distinct(results):
            yield self._judged(program, options, raw, history)

    def _explore(self, options: Options) -> Result:
        result = run(self._target.built.library, options, timeout=_TIMEOUT)
        if result.verdict in {"unsupported", "nondeterministic"}:
            raise ValueError(f"the checker can't run this program: {result.message}")
        return result

    def _defect(self, program: Program, result: Result, options: Options) -> History:
        def story() -> str:
            told = investigate(Checked(self._target, result), options)
            return f"{self._settings(program)}\n\n{Report((told,)).story(110)}"

        return History((), defect=result.message, story=story, settings=self._settings(program), whole=False)

    def _judged(self, program: Program, options: Options, raw: _Raw, found: Sequence[Operation]) -> History:
        ring = self.structure == "spsc_ring"
        history = operations(program, found, ring=ring)
        capacity = program.capacity if ring else None
        try:
            refuted = refute(history, QueueSpec(capacity, strict=program.strict))
        except UndecidedError:
            refuted = None
        made = as_history(history, full_from=capacity or 1, most=capacity)
        made = replace(made, defect=str(refuted or ""), settings=self._settings(program))

        def story() -> str:
            asked = replace(options, mode="shortest", executions=None, histories=False, history=written(raw))
            shown = self._explore(replace(asked, seconds=_SHORTEST_SECONDS))
            if shown.code != 1:  # too many deviations away
                shown = self._explore(replace(asked, mode="exhaustive"))
            told = shown.answered("not-linearizable", "an execution with this history")
            return f"{draw(made, judge(made))}\n\n{Report((Checked(self._target, told),)).story(110)}"

        return replace(made, story=story)

    def _settings(self, program: Program) -> str:
        return f"{self.structure}: {program.settings()}"


def _distinct(results: Sequence[Result]) -> Iterator[tuple[_Raw, Sequence[Operation]]]:
    """Yield each history once, as the runner wrote it down and as operations."""
    seen = set()
    for result in results:
        for raw, history in zip(result.raw.get("histories") or (), result.histories, strict=True):
            if history not in seen:
                seen.add(history)
                yield raw, history
