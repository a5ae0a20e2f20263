"""Is each memory order needed? Lowers them one at a time, and looks which scenario notices.

    report = weaken("spsc_ring")
    for line in report.lines(): print(line)

An order goes down one step: seq_cst to acq_rel (of a load to acquire, of a store to release), acq_rel to acquire and to
release, these to relaxed; so does the failure order of a compare-exchange; a fence, a compiler fence and a membarrier
are also left out. What was not noticed goes further down. A weaker order allows all that a stronger one does, so that
what lies below a killed weakening needs no run.

Fates: `killed` by a scenario, its histories included; `kept`: the comment above it names a litmus test or a lemma
(lockfree.check.labels); `bound`: a bound was met before anything was found; `survived`: a question to answer, since few
threads and operations are a small world. Never weaken an order for that alone.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path

from lockfree.check import shipped
from lockfree.check.baseline import BaselineError, baseline
from lockfree.check.places import Place, Places, find_places, of_the_structures, own_headers
from lockfree.check.report import Target
from lockfree.check.runner import Options, Weakening
from lockfree.check.verify import explore, prepare

__all__ = ["BaselineError", "Joint", "WeakenReport", "Weaker", "weaken", "weaker_orders"]

_SECONDS = 20.0
"""For one scenario with one weakening: what takes longer is `bound`."""
_GRACE = 30.0

Below = dict[str, tuple[str, ...]]
"""The orders one step below each; an empty one is to leave it out."""

_LOADS: Below = {"seq_cst": ("acquire",), "acquire": ("relaxed",), "consume": ("relaxed",)}
_STORES: Below = {"seq_cst": ("release",), "release": ("relaxed",)}
_UPDATES: Below = {
    "seq_cst": ("acq_rel",),
    "acq_rel": ("acquire", "release"),
    "acquire": ("relaxed",),
    "release": ("relaxed",),
}
_FENCES: Below = {**_UPDATES, "acquire": ("",), "release": ("",)}
_ONLY_WHOLE: Below = {"seq_cst": ("",)}
_BY_KIND: dict[str, Below] = {
    "load": _LOADS,
    "store": _STORES,
    "update": _UPDATES,
    "cas": _UPDATES,
    "cas-weak": _UPDATES,
    "fence": _FENCES,
    "light-fence": _ONLY_WHOLE,
    "heavy-fence": _ONLY_WHOLE,
}

Watch = Callable[[int, int, float], None]
"""Called with: weakenings done, weakenings known of, seconds so far."""


@dataclass(frozen=True, slots=True)
class Weaker:
    """One weakening and its fate.

    which: `o` the order, `f` a failure order, `x` left out. order: what it became. by, verdict, executions: the
    scenario that killed it, what it said, and after how many executions (where it lives, all that were looked at).
    scenarios: how many came by. kept: what the comment above it names.
    """

    place: Place
    which: str
    order: str
    fate: str
    by: str = ""
    verdict: str = ""
    executions: int = 0
    scenarios: int = 0
    kept: tuple[str, ...] = ()

    @property
    def change(self) -> str:
        """In words: `store release -> relaxed`."""
        if self.which == "x":
            return f"{self.place.kind} {self.place.order} left out"
        if self.which == "f":
            return f"{self.place.kind} failure {self.place.failure} -> {self.order}"
        return f"{self.place.kind} {self.place.order} -> {self.order}"

    def __str__(self) -> str:
        where = f"{Path(self.place.file).name}:{self.place.line}"
        where += f" (number {self.place.nth + 1} there)" if self.place.nth else ""
        return f"{where:<22} {self.change:<36} {_fate(self)}"


@dataclass(frozen=True, slots=True)
class Joint:
    """Survivors weakened together: all of two or more. Killed: at least one of them is needed after all."""

    members: tuple[Weaker, ...]
    fate: str
    by: str = ""
    verdict: str = ""
    executions: int = 0
    scenarios: int = 0
    kept: tuple[str, ...] = ()

    def __str__(self) -> str:
        names = " + ".join(f"{Path(one.place.file).name}:{one.place.line}" for one in self.members)
        return f"{names if len(self.members) <= 3 else f'all {len(self.members)}'}: {_fate(self)}"


@dataclass(frozen=True, slots=True)
class WeakenReport:
    """All weakenings of a structure. code: 0 all killed or kept, 1 something survived, 2 something met a bound.

    not_reached: orders of the structures' own headers that no scenario ran (those of other systems are among them).
    """

    what: tuple[str, ...]
    weakened: tuple[Weaker, ...]
    joint: tuple[Joint, ...]
    not_reached: tuple[str, ...]
    seconds: float

    @property
    def code(self) -> int:
        """The exit status."""
        fates = {one.fate for one in self.weakened}
        return 1 if "survived" in fates else 2 if "bound" in fates else 0

    def lines(self) -> Iterator[str]:
        """One line a weakening, then the joint ones, then a count."""
        yield from map(str, self.weakened)
        if self.joint:
            yield "together:"
        yield from (f"  {one}" for one in self.joint)
        yield from (f"{one:<22} no scenario runs it here" for one in self.not_reached)
        counts = [f"{sum(one.fate == fate for one in self.weakened)} {fate}" for fate in _FATES]
        yield f"{len(self.weakened)} weakenings: {', '.join(counts)}; {self.seconds:.1f} s"

    def story(self, width: int = 120, *, colour: bool = False) -> str:  # noqa: ARG002 - as FreezeReport's
        """Nothing: what was seen here are passes and kills, no defect."""
        return ""

    def as_json(self) -> dict[str, object]:
        """One object for `--json`."""
        return {
            "verdict": {0: "ok", 1: "survived", 2: "bound"}[self.code],
            "what": list(self.what),
            "weakened": [
                {
                    "file": Path(one.place.file).name,
                    "line": one.place.line,
                    "change": one.change,
                    **_as_json(one),
                }
                for one in self.weakened
            ],
            "joint": [
                {
                    "members": [f"{Path(m.place.file).name}:{m.place.line} {m.change}" for m in one.members],
                    **_as_json(one),
                }
                for one in self.joint
            ],
            "not_reached": list(self.not_reached),
            "seconds": round(self.seconds, 3),
        }


_FATES = ("killed", "kept", "bound", "survived")


def _as_json(one: Weaker | Joint) -> dict[str, object]:
    return {
        "fate": one.fate,
        "by": one.by,
        "verdict": one.verdict,
        "executions": one.executions,
        "scenarios": one.scenarios,
        "kept": list(one.kept),
    }


def _fate(one: Weaker | Joint) -> str:
    looked = f"{one.executions:,} executions of {one.scenarios} scenarios"
    if one.fate == "killed":
        return f"killed by {one.by}: {one.verdict}, after {one.executions:,} executions"
    if one.fate == "kept":
        return f"kept: {', '.join(one.kept)} ({looked})"
    return f"{one.fate}: {looked}"


def weaker_orders(kind: str, order: str) -> tuple[str, ...]:
    """The orders one step below; "" is to leave the fence out."""
    return _BY_KIND[kind].get(order, ())


@dataclass(slots=True)
class _Search:
    targets: list[Target]
    places: Places
    options: Options
    cost: dict[tuple[int, str], float]
    watch: Watch | None
    began: float = field(default_factory=time.monotonic)
    done: int = 0
    known: int = 0

    def site(self, place: Place) -> list[Weaker]:
        """All weakenings of one place that say something."""
        found = list(self._descend(place, "o", place.order, place.kind))
        if place.failure:
            found += self._descend(place, "f", place.failure, "load")
        if place.kind == "fence" and not any(one.which == "x" for one in found):
            found.append(self._one(place, "x", ""))
        return found

    def _descend(self, place: Place, which: str, order: str, kind: str) -> Iterator[Weaker]:
        waiting = list(weaker_orders(kind, order))
        seen = set(waiting)
        while waiting:
            lower = waiting.pop(0)
            one = self._one(place, which if lower else "x", lower)
            yield one
            if one.fate != "killed":
                below = [each for each in weaker_orders(kind, lower) if each not in seen]
                seen.update(below)
                waiting += below

    def _one(self, place: Place, which: str, order: str) -> Weaker:
        fate, by, verdict, executions, scenarios = self.run({place: (which, order)})
        statement = self.places.statement(place)
        kept = tuple(statement.kept) if statement is not None else ()
        if fate == "survived" and kept:
            fate = "kept"
        self.done += 1
        if self.watch is not None:
            self.watch(self.done, max(self.known, self.done), time.monotonic() - self.began)
        return Weaker(place, which, order, fate, by, verdict, executions, scenarios, kept)

    def together(self, members: tuple[Weaker, ...]) -> Joint:
        """Weakened at once."""
        return Joint(members, *self.run({one.place: (one.which, one.order) for one in members}))

    def run(self, changes: dict[Place, tuple[str, str]]) -> tuple[str, str, str, int, int]:
        """Each scenario that comes by, the quickest first, until one notices."""
        scenarios = sorted({where for place in changes for where in self.places.ran[place]}, key=self.cost.__getitem__)
        executions = 0
        fate = "survived"
        for number, scenario in scenarios:
            weakenings = tuple(
                Weakening(offset, which, order or "relaxed")
                for place, (which, order) in changes.items()
                for offset in sorted(self.places.offsets[place].get(number, ()))
            )
            target = self.targets[number]
            chosen = replace(self.options, scenario=scenario, weaken=weakenings)
            result = explore(target, chosen, timeout=(self.options.seconds or _SECONDS) + _GRACE)
            executions += result.executions
            if result.code == 1:
                return "killed", target.label(scenario), result.verdict, result.executions, len(scenarios)
            if result.code == 2:
                fate = "bound"
        return fate, "", "", executions, len(scenarios)


def weaken(
    *what: str | os.PathLike[str],
    flags: Sequence[str] = (),
    options: Options | None = None,
    workers: int | None = None,
    watch: Watch | None = None,
) -> WeakenReport:
    """Weaken each order of the shipped structures named, or of a program's files, and say who noticed.

    options: of the explorations (`seconds` for each: 20 by default). workers: at once (the processors' number). Raises
    BaselineError where the scenarios don't pass as they are, and as `lockfree.check.check`.
    """
    began = time.monotonic()
    words = tuple(os.fspath(word) for word in what)
    options = options or Options()
    if options.seconds is None:
        options = replace(options, seconds=_SECONDS)
    targets = prepare(what, flags, options.scenario)
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        checked = baseline(targets, options, pool)
        places = find_places(targets, checked, of_the_structures(words))
        cost = {(targets.index(one.target), one.result.scenario): one.result.seconds for one in checked}
        search = _Search(targets, places, options, cost, watch)
        ordered = sorted(place for place in places.offsets if _has_weaker(place))
        search.known = len(ordered)
        weakened = [one for found in pool.map(search.site, ordered) for one in found]
        survivors = _lowest([one for one in weakened if one.fate in ("survived", "kept")])
        groups: list[tuple[Weaker, ...]] = list(combinations(survivors, 2))
        if len(survivors) > 2:
            groups.append(tuple(survivors))
        search.known += len(groups)
        joint = list(pool.map(search.together, groups))
    return WeakenReport(
        words, tuple(weakened), tuple(joint), tuple(_not_reached(words, places)), time.monotonic() - began
    )


def _has_weaker(place: Place) -> bool:
    return bool(weaker_orders(place.kind, place.order)) or bool(place.failure and weaker_orders("load", place.failure))


def _lowest(survivors: list[Weaker]) -> list[Weaker]:
    """Of each order the weakest that lives."""
    last: dict[tuple[Place, bool], Weaker] = {}
    for one in survivors:
        last[one.place, one.which == "f"] = one
    return list(last.values())


def _not_reached(what: Sequence[str], places: Places) -> Iterator[str]:
    """Statements of the named structures' headers with an order above relaxed that nobody came by."""
    if not all(word in shipped.names() for word in what):
        return
    ran = {(str(Path(place.file).resolve()), place.line) for place in places.offsets}
    for header in own_headers(what):
        if header.stem not in what or header.parent.name == "api":
            continue
        for one in places.statements(str(header)):
            strong = any(order != "relaxed" for order in one.orders)
            if strong and not any((str(header), line) in ran for line in range(one.first, one.last + 1)):
                yield f"{header.name}:{one.line}"
