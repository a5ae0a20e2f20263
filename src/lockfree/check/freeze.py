"""What becomes of the others when threads stop for ever? Claims of progress, each way: what holds, and what doesn't.

    report = freeze("spsc_ring")
    for line in report.lines(): print(line)

A step is an atomic operation or fence inside a marked operation (`LF_INVOKE`, `LF_RETURN`); an update is one.

    wait-free N       every operation ends within N steps of its own
    lock-free N       in every execution, of N + 1 steps of all threads together one completes an operation
    non-blocking N    with any threads stopped at any step, one that runs alone ends its operation within N steps
    blocking          with some threads stopped at some step, another that goes on never ends

All under fair memory: a store is late for a reader only where the execution is impossible otherwise; and with at most
`spurious` failures of weak compare-exchanges. The first three are maxima over all graphs that the runner explores with
loops that wait unrolled, round by round, over all orders of each graph; csrc/checker/steps.h says how they are computed
and why that is exact, and why stopped threads need no search of their own. Where nothing is too long but an execution
was cut by a bound (`loop` is 2 N + 2 unless given), the verdict is `bound`, never `ok`.

Beside that, each set of threads but main's is stopped at each of its events, for those who wait: the runner then
finds out exactly whether another waits in vain. Loops that write on each round are no waiting and are judged by the
steps above. So each claim but `blocking` also asks that no stop makes another wait; `blocking` names the step where one
does. A scenario without a claim is held to this alone.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import combinations, product

from lockfree.check.declared import Claim, claims
from lockfree.check.report import Checked, Report, Target
from lockfree.check.result import Event, Result
from lockfree.check.runner import Options, run
from lockfree.check.symbols import Symbols
from lockfree.check.verify import prepare

__all__ = ["FreezeReport", "Judged", "freeze"]

_SECONDS = 30.0
_GRACE = 30.0
_KEYS = {"wait-free": "wait_free", "lock-free": "lock_free", "non-blocking": "non_blocking"}

Watch = Callable[[int, int, float], None]
"""Called with: runs done, runs known of, seconds so far."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One scenario. verdict: `ok` where all its claims are as declared, else `progress` or `bound`, or a defect.

    message: why. figures: the most steps by operation, alone, and between completions, as far as no claim broke;
    stops: how many sets of stopped threads and steps were tried; result: what to tell of, if there is something.
    """

    target: Target
    scenario: str
    claims: tuple[Claim, ...]
    verdict: str
    message: str
    stops: int = 0
    figures: Result | None = None
    result: Result | None = None

    @property
    def name(self) -> str:
        """`file:scenario`."""
        return self.target.label(self.scenario)

    @property
    def measured(self) -> str:
        """The figures in words."""
        if self.figures is None or not self.figures.operations:
            return ""
        most = ", ".join(f"{one.operation} {one.most_steps}" for one in self.figures.operations)
        alone = max(one.alone or 0 for one in self.figures.operations)
        return f"most steps: {most}; alone {alone}; between completions {self.figures.between_completions}"


@dataclass(frozen=True, slots=True)
class FreezeReport:
    """All scenarios of what was named."""

    judged: tuple[Judged, ...]
    seconds: float

    @property
    def code(self) -> int:
        """The exit status: 0 all as declared, 1 a claim is broken, 2 a bound was met."""
        verdicts = {one.verdict for one in self.judged} - {"ok"}
        return 1 if verdicts - {"bound", "unsupported", "nondeterministic"} else 2 if verdicts else 0

    @property
    def verdict(self) -> str:
        """The first that is not `ok`, a defect before a bound."""
        return next((one.verdict for one in self._ranked() if one.verdict != "ok"), "ok")

    def _ranked(self) -> list[Judged]:
        return sorted(self.judged, key=lambda one: one.verdict in ("bound", "unsupported", "nondeterministic"))

    def story(self, width: int = 120, *, colour: bool = False) -> str:
        """The execution that breaks the first broken claim, told; "" if all is well."""
        from lockfree.check.screen import screen

        told = next((one for one in self._ranked() if one.verdict != "ok" and one.result is not None), None)
        if told is None or told.result is None or told.result.code != 1:
            return ""
        text = screen(Report((Checked(told.target, told.result),)), width, colour=colour)
        return text.partition("\nAgain, ")[0].rstrip()  # a replay token knows nothing of stopped threads

    def lines(self) -> Iterator[str]:
        """For each scenario its claims, the verdict, the figures."""
        for one in self.judged:
            said = ", ".join(map(str, one.claims)) or "no stop stops another"
            yield f"{one.name:<28} {said}: {one.verdict}"
            yield from (f"    {line}" for line in (one.message, one.measured) if line)
        stops = sum(one.stops for one in self.judged)
        yield f"{len(self.judged)} scenarios, {stops} ways to stop threads; {self.seconds:.1f} s"

    def as_json(self) -> dict[str, object]:
        """One object for `--json`."""
        return {
            "verdict": self.verdict,
            "scenarios": [
                {
                    "name": one.name,
                    "claims": [str(claim) for claim in one.claims],
                    "verdict": one.verdict,
                    "message": one.message,
                    "stops": one.stops,
                    "operations": [] if one.figures is None else one.figures.raw.get("operations", []),
                    "between_completions": None if one.figures is None else one.figures.between_completions,
                    "trace": [] if one.result is None else one.result.raw.get("trace", []),
                }
                for one in self.judged
            ],
            "seconds": round(self.seconds, 3),
        }


def freeze(
    *what: str | os.PathLike[str],
    flags: Sequence[str] = (),
    options: Options | None = None,
    claimed: tuple[Claim, ...] | None = None,
    workers: int | None = None,
    watch: Watch | None = None,
) -> FreezeReport:
    """Judge the claims of progress of shipped structures, or of a program's files.

    options: of the explorations; `loop` and `spurious` are the bounds. claimed: instead of what the scenarios declare.
    workers: scenarios at once. Raises as `lockfree.check.check`.
    """
    began = time.monotonic()
    options = options or Options()
    if options.seconds is None:
        options = replace(options, seconds=_SECONDS)
    targets = prepare(what, flags, options.scenario)
    pairs = [
        (target, name, claims(target.built.sources).get(name, ()) if claimed is None else claimed)
        for target in targets
        for name in target.scenarios
    ]
    tally = _Tally(watch, began, len(pairs))
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        judged = list(pool.map(lambda pair: _Scenario(pair[0], pair[1], pair[2], options, tally).judge(), pairs))
    return FreezeReport(tuple(judged), time.monotonic() - began)


@dataclass(slots=True)
class _Tally:
    watch: Watch | None
    began: float
    known: int
    done: int = 0

    def one(self) -> None:
        self.done += 1
        if self.watch is not None:
            self.watch(self.done, max(self.known, self.done), time.monotonic() - self.began)


@dataclass(slots=True)
class _Scenario:
    target: Target
    name: str
    claims: tuple[Claim, ...]
    options: Options
    tally: _Tally
    stops: int = 0

    def judge(self) -> Judged:
        """Its claims, one after the other, until one is not as declared."""
        baseline = self._run(loop=self._loop())
        if baseline.verdict not in ("ok", "bound"):
            return self._answer(baseline.verdict, f"as it is: {baseline.message}", result=baseline)
        figures: Result | None = None
        for claim in self.claims:
            if claim.kind == "blocking":
                continue
            result = self._steps(claim)
            if result.verdict not in ("ok", "progress", "bound"):
                return self._answer(result.verdict, result.message, result=result)
            if not result.operations:
                message = "no operation is marked, so no step is counted: LF_INVOKE, LF_RETURN (lockfree/check.h)"
                return self._answer("unsupported", f"{claim}: {message}")
            if (result.verdict == "progress") != claim.broken or result.verdict == "bound":
                verdict = "progress" if result.verdict == "ok" else result.verdict
                message = f"{claim}: nothing took longer" if result.verdict == "ok" else self._why(claim, result)
                return self._answer(verdict, message, figures, result)
            figures = result if result.verdict == "ok" else figures
        return self._stopped(baseline, figures)

    def _steps(self, claim: Claim) -> Result:
        """One exploration with each round of each loop, and the claim as a limit."""
        limit = {_KEYS[claim.kind]: claim.steps}
        return self._run(no_spin=True, completions=True, loop=self._loop(), **limit)

    def _loop(self) -> int | None:
        steps = [claim.steps for claim in self.claims if claim.steps]
        return self.options.loop if self.options.loop is not None else 2 * max(steps) + 2 if steps else None

    def _why(self, claim: Claim, result: Result) -> str:
        if result.verdict != "bound":
            return result.message.removeprefix("progress: ")
        cut = f"{result.bound_hits} executions were cut" if result.bound_hits else "the time was over"
        return f"{claim}: nothing took longer so far, but {cut}: allow more by --loop, --events, --seconds"

    def _stopped(self, baseline: Result, figures: Result | None) -> Judged:
        """Each set of threads but main's and at least one other's, stopped at each of their events."""
        blocking = any(claim.kind == "blocking" for claim in self.claims)
        alone = max(
            (c.steps for c in self.claims if c.kind in ("wait-free", "non-blocking") and not c.broken), default=None
        )
        cut = baseline if baseline.verdict == "bound" else None
        threads = range(1, baseline.threads)
        sets = [chosen for size in range(1, max(len(threads), 2)) for chosen in combinations(threads, size)]
        for chosen in sets:
            for after in product(*(range(baseline.events[thread]) for thread in chosen)):
                stop = tuple(zip(chosen, after, strict=True))
                self.stops += 1
                self.tally.known += 1
                result = self._run(freeze=stop, loop=self._loop(), non_blocking=alone)
                if result.verdict == "progress":
                    where = self._where(result, stop)
                    verdict = "ok" if blocking else "progress"
                    return self._answer(verdict, where, figures, result)
                if result.code == 1:
                    return self._answer(result.verdict, result.message, figures, result)
                cut = cut or (result if result.code == 2 else None)
        if cut is not None:
            message = f"{cut.message}: claim a number of steps, or allow more by --loop"
            return self._answer("bound", message, figures, cut)
        if blocking:
            return self._answer("progress", "declared blocking, but no stop of any thread makes another wait", figures)
        return self._answer("ok", "", figures)

    def _where(self, result: Result, stop: tuple[tuple[int, int], ...]) -> str:
        """In words: who stopped where, who waits where."""
        symbols = Symbols(self.target.built.library)
        stopped: list[str] = []
        waiting: list[str] = []
        for event in result.trace:
            if event.kind == "blocked" and event.thread != 0:
                (stopped if "is stopped" in event.text else waiting).append(_place(symbols, event))
        if not stopped:
            stopped = [f"thread {thread} after {after} of its events" for thread, after in stop]
        return f"with {' and '.join(stopped)} stopped: {', '.join(waiting) or result.message}"

    def _run(self, **changes: object) -> Result:
        chosen = replace(self.options, scenario=self.name, **changes)  # type: ignore[arg-type] # names are Options' own
        result = run(self.target.built.library, chosen, timeout=(self.options.seconds or _SECONDS) + _GRACE)
        self.tally.one()
        return result

    def _answer(
        self, verdict: str, message: str, figures: Result | None = None, result: Result | None = None
    ) -> Judged:
        return Judged(self.target, self.name, self.claims, verdict, message, self.stops, figures, result)


def _place(symbols: Symbols, event: Event) -> str:
    """Thread and source line, outside of the system's headers."""
    frame = next((one for one in symbols.chain(event.offset, event.stack) if one.file), symbols.chain(event.offset)[0])
    does = "" if "is stopped" in event.text else f" {event.text}"
    return f"thread {event.thread}{does} at {frame.place} `{symbols.text(frame)}`"
