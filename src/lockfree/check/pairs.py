"""Do the pairs that the comments declare meet, and do others? What is written against what the model saw.

    report = pairs("spsc_ring")
    for line in report.lines(): print(line)

Declared is `[a:b] pairs with [c:d]` above an atomic operation (lockfree.check.labels); seen is that a release of a
statement with the one label synchronized with an acquire of a statement with the other, in an execution of a scenario.
`[a:b] ordered with [c:d]` is seen where the one order of all seq_cst operations and fences decided between the two: of
the statements themselves, or, where they are none, of fences in a scenario that ran both.

Fates: `seen`; `never`: a pair that no scenario shows, so either the pair or a scenario is missing; `undeclared`: a
pair that nobody wrote down. Where a fence that is there for its order only (`ordered with`) also synchronizes what was
read or written relaxed beside it, that is `by the way`, and no fault.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from lockfree.check.baseline import BaselineError, baseline
from lockfree.check.labels import Site as Statement
from lockfree.check.places import Place, Places, find_places, of_the_program, of_the_structures, own_headers
from lockfree.check.report import Checked, Target
from lockfree.check.runner import Options
from lockfree.check.verify import prepare

__all__ = ["BaselineError", "Pair", "PairsReport", "pairs"]

_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Pair:
    """Two labels or, undeclared, two places. arrow: `->` synchronizes with, `<>` ordered; count: in executions."""

    left: str
    arrow: str
    right: str
    fate: str
    count: int
    scenarios: tuple[str, ...]

    def __str__(self) -> str:
        words = f"{self.left} {self.arrow} {self.right}"
        more = f", {len(self.scenarios)} scenarios" if len(self.scenarios) > 1 else ""
        where = f": {self.count:,} times, as in {self.scenarios[0]}{more}" if self.scenarios else ""
        return f"{words:<46} {self.fate}{where}"


@dataclass(frozen=True, slots=True)
class PairsReport:
    """All pairs. code: 0 each declared one was seen and no other, else 1."""

    what: tuple[str, ...]
    found: tuple[Pair, ...]
    seconds: float

    @property
    def code(self) -> int:
        """The exit status."""
        return int(any(one.fate in ("never", "undeclared") for one in self.found))

    def lines(self) -> Iterator[str]:
        """One line a pair, then a count."""
        yield from map(str, self.found)
        counts = [f"{sum(one.fate == fate for one in self.found)} {fate}" for fate in _FATES]
        yield f"{len(self.found)} pairs: {', '.join(counts)}; {self.seconds:.1f} s"

    def story(self, width: int = 120, *, colour: bool = False) -> str:  # noqa: ARG002 - as FreezeReport's
        """Nothing: what was seen here are passes and kills, no defect."""
        return ""

    def as_json(self) -> dict[str, object]:
        """One object for `--json`."""
        return {
            "verdict": "pairs" if self.code else "ok",
            "what": list(self.what),
            "pairs": [
                {
                    "left": one.left,
                    "arrow": one.arrow,
                    "right": one.right,
                    "fate": one.fate,
                    "count": one.count,
                    "scenarios": list(one.scenarios),
                }
                for one in self.found
            ],
            "seconds": round(self.seconds, 3),
        }


_FATES = ("seen", "never", "undeclared", "by the way")


def pairs(
    *what: str | os.PathLike[str],
    flags: Sequence[str] = (),
    options: Options | None = None,
    workers: int | None = None,
) -> PairsReport:
    """Hold the declared pairs of shipped structures, or of a program's files, against those seen.

    workers: scenarios at once. Raises BaselineError where the scenarios don't pass, and as `lockfree.check.check`.
    """
    began = time.monotonic()
    words = tuple(os.fspath(word) for word in what)
    options = replace(options or Options(), synchronizes=True)
    if options.seconds is None:
        options = replace(options, seconds=_SECONDS)
    targets = prepare(what, flags, options.scenario)
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        checked = baseline(targets, options, pool)
    places = find_places(targets, checked, lambda file: not file.startswith("/usr/"))
    found = _Found(words, targets, places)
    for one in checked:
        found.take(one)
    return PairsReport(words, tuple(found.report()), time.monotonic() - began)


class _Tally:
    def __init__(self) -> None:
        self.count = 0
        self.scenarios: dict[str, None] = {}

    def add(self, count: int, scenario: str) -> None:
        self.count += count
        self.scenarios[scenario] = None


class _Found:
    """What was declared, and what was seen of it and beside it."""

    def __init__(self, what: tuple[str, ...], targets: list[Target], places: Places) -> None:
        self._numbers = {id(target): number for number, target in enumerate(targets)}
        self._places = places
        self._wanted = of_the_structures(what)
        if self._wanted is of_the_program:
            files = sorted({place.file for place in places.offsets if of_the_program(place.file)})
        else:
            files = [str(path) for path in own_headers(what)]
        self._statements = [one for file in files for one in places.statements(file)]
        self._seen: dict[tuple[str, str, str], _Tally] = defaultdict(_Tally)
        self._others: dict[tuple[str, str, str, str], _Tally] = defaultdict(_Tally)

    def take(self, checked: Checked) -> None:
        """The edges of one scenario."""
        number = self._numbers[id(checked.target)]
        decided = False
        for edge in checked.result.synchronizes:
            ends = (self._places.at.get((number, edge.release)), self._places.at.get((number, edge.acquire)))
            decided = decided or edge.sc
            if ends[0] is not None and ends[1] is not None:
                self._edge(ends[0], ends[1], edge.count, checked.name, sc=edge.sc)
        if decided:
            self._around(number, checked)

    def _edge(self, release: Place, acquire: Place, count: int, scenario: str, *, sc: bool) -> None:
        left, right = self._places.statement(release), self._places.statement(acquire)
        labels = _common(left, right, "ordered" if sc else "pairs")
        for here, there in labels:
            self._seen["<>" if sc else "->", here, there].add(count, scenario)
        if labels or sc or not (self._wanted(release.file) or self._wanted(acquire.file)):
            return
        by_the_way = any(one is not None and one.fences and not one.pairs for one in (left, right))
        fate = "by the way" if by_the_way else "undeclared"
        self._others[_name(release, left), "->", _name(acquire, right), fate].add(count, scenario)

    def _around(self, number: int, checked: Checked) -> None:
        """Pairs of `ordered with` that are no seq_cst operations: fences stand around them."""
        ran = [
            statement
            for place, came in self._places.ran.items()
            if (number, checked.result.scenario) in came and (statement := self._places.statement(place)) is not None
        ]
        for one in ran:
            for here, there in one.ordered:
                if "seq_cst" not in one.orders and any((there, here) in other.ordered for other in ran):
                    self._seen["<>", here, there].add(1, checked.name)

    def report(self) -> Iterator[Pair]:
        """The declared ones in the files' order, then the others."""
        told: set[frozenset[str]] = set()
        for statement in self._statements:
            for arrow, said in (("->", statement.pairs), ("<>", statement.ordered)):
                for here, there in said:
                    if frozenset((here, there)) in told:
                        continue
                    told.add(frozenset((here, there)))
                    yield self._declared(here, arrow, there)
        for (left, arrow, right, fate), tally in sorted(self._others.items()):
            yield Pair(left, arrow, right, fate, tally.count, tuple(tally.scenarios))

    def _declared(self, here: str, arrow: str, there: str) -> Pair:
        """In the direction in which it was seen; a pair may be seen in both."""
        forth, back = self._seen.get((arrow, here, there)), self._seen.get((arrow, there, here))
        left, right = (here, there) if forth is not None or back is None else (there, here)
        tallies = [tally for tally in (forth, back) if tally is not None]
        scenarios = tuple(dict.fromkeys(name for tally in tallies for name in tally.scenarios))
        count = sum(tally.count for tally in tallies)
        return Pair(left, arrow, right, "seen" if tallies else "never", count, scenarios)


def _common(left: Statement | None, right: Statement | None, kind: str) -> list[tuple[str, str]]:
    """The pairs that both ends declare, as (left's label, right's)."""
    if left is None or right is None:
        return []
    said = set(getattr(right, kind))
    return [(here, there) for here, there in getattr(left, kind) if (there, here) in said]


def _name(place: Place, statement: Statement | None) -> str:
    labels = {} if statement is None else dict.fromkeys(here for here, _ in (*statement.pairs, *statement.ordered))
    words = f" [{', '.join(labels)}]" if labels else ""
    return f"{Path(place.file).name}:{place.line}{words}"
