"""Runs litmus tests in the checker and answers as herd does.

for verdict in judge([read(path) for path in paths], model="tso"):
    print(verdict.summary())
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lockfree.check.build import build, cache_folder
from lockfree.check.litmus.condition import holds, text
from lockfree.check.litmus.generate import NO_ADDRESS, program, scenario
from lockfree.check.litmus.names import Names, observed, shown, weak_exchanges
from lockfree.check.litmus.tree import Observed, Test
from lockfree.check.result import Result
from lockfree.check.runner import Options, run

__all__ = ["MODELS", "Final", "Verdict", "compile_tests", "judge", "verdict_of"]

MODELS = ("rc11", "sc", "tso")
_KINDS = {"exists": "Allowed", "~exists": "Forbidden", "forall": "Required"}


@dataclass(frozen=True, slots=True)
class Final:
    """A final state and the number of executions that end in it. values: by place, integers or names of locations."""

    values: Mapping[Observed, int | str]
    count: int

    def text(self) -> str:
        """As herd prints it: `0:r0=1; [x]=2;`."""
        return " ".join(f"{place}={value};" for place, value in self.values.items())


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checker says of a test.

    states: those that a run ends in, sorted. positive: executions that meet the condition (its negation, for
    `~exists`); negative: the others. result: the runner's own answer; where its verdict is neither `ok` nor a defect,
    there is no answer to the test, and the states are those that were seen.
    """

    test: Test
    model: str
    states: tuple[Final, ...]
    positive: int
    negative: int
    result: Result

    @property
    def judged(self) -> bool:
        """Whether every execution was explored, or a defect makes the test's behaviour undefined."""
        return self.result.code != 2

    @property
    def undefined(self) -> bool:
        """Whether an execution has a data race or another defect: then C gives the test no meaning."""
        return self.result.code == 1

    @property
    def ok(self) -> bool:
        """Whether the condition is met as its quantifier asks."""
        if self.result.verdict != "ok":
            return False
        return self.positive > 0 if self.test.condition.quantifier == "exists" else self.negative == 0

    @property
    def observation(self) -> str:
        """`Never`, `Sometimes` or `Always`: how often what stands in the parentheses is met."""
        met, unmet = self._met()
        return "Never" if met == 0 else "Always" if unmet == 0 else "Sometimes"

    def summary(self) -> str:
        """What herd would print, without its time and hash."""
        name, condition = self.test.name, self.test.condition
        answer = "Undef" if self.undefined else ("Ok" if self.ok else "No") if self.judged else "Unknown"
        met, unmet = self._met()
        lines = [
            f"Test {name} {_KINDS[condition.quantifier]}",
            f"States {len(self.states)}",
            *(state.text() for state in self.states),
            answer,
            "Witnesses",
            f"Positive: {self.positive} Negative: {self.negative}",
        ]
        if self.result.verdict != "ok":
            lines.append(f"Flag {self.result.verdict}: {self.result.message}")
        lines += [
            f"Condition {text(condition)}",
            f"Observation {name} {self.observation if self.judged else 'Unknown'} {met} {unmet}",
        ]
        return "\n".join(lines) + "\n"

    def as_json(self) -> dict[str, Any]:
        """One test of `lockfree litmus --json`."""
        return {
            "name": self.test.name,
            "file": self.test.file,
            "model": self.model,
            "verdict": self.result.verdict,
            "message": self.result.message,
            "ok": self.ok,
            "observation": self.observation if self.judged else "Unknown",
            "condition": text(self.test.condition),
            "positive": self.positive,
            "negative": self.negative,
            "states": [{"state": state.text(), "count": state.count} for state in self.states],
            "executions": self.result.executions,
            "blocked": self.result.blocked,
            "bound_hits": self.result.bound_hits,
            "seconds": self.result.seconds,
        }

    def _met(self) -> tuple[int, int]:
        forbidden = self.test.condition.quantifier == "~exists"
        return (self.negative, self.positive) if forbidden else (self.positive, self.negative)


def judge(
    tests: Sequence[Test],
    *,
    model: str = "rc11",
    spurious: int | None = None,
    options: Options | None = None,
    cache: Path | None = None,
) -> Iterator[Verdict]:
    """The verdict on each test, in order; all are compiled together first.

    model: one of `MODELS`. spurious: how many weak compare-exchanges may fail spuriously in an execution (None: each
    that the test has, as in herd). options: bounds for the runner; its model and spurious are set here.
    cache: where to compile (None: the cache's folder).
    Raises `LitmusError`, `BuildError`, `CheckerMissingError`.
    """
    library = compile_tests(tests, cache)
    base = options or Options()
    for index, test in enumerate(tests):
        weak = weak_exchanges(test) if spurious is None else spurious
        chosen = {name: getattr(base, name) for name in base.__dataclass_fields__}
        chosen |= {"model": model, "scenario": scenario(index), "spurious": weak or None}
        yield verdict_of(test, model, run(library, Options(**chosen)))


def compile_tests(tests: Sequence[Test], cache: Path | None = None) -> Path:
    """One shared object with all tests, scenario by scenario."""
    written = program(tests)
    folder = cache if cache is not None else cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    # By its text, so that the same tests are the same file to the compiler, and found in the cache.
    source = folder / f"litmus-{hashlib.sha256(written.encode()).hexdigest()[:40]}.c"
    if not source.exists():
        with tempfile.TemporaryDirectory(prefix="litmus-", dir=folder) as scratch:
            fresh = Path(scratch) / source.name
            fresh.write_text(written)
            fresh.replace(source)
    return build([source], flags=["-std=gnu11"], cache=folder).library


def verdict_of(test: Test, model: str, result: Result) -> Verdict:
    """The verdict that the runner's result means for a test."""
    names = Names.of(test)
    places = observed(test)
    kept = shown(test)
    counts: dict[tuple[int | str, ...], int] = {}
    positive = negative = 0
    for state in result.states:
        values = dict(
            zip(places, (_value(names, place, v) for place, v in zip(places, state.values, strict=True)), strict=True)
        )
        if test.filter is not None and not holds(test.filter, values):
            continue
        key = tuple(values[place] for place in kept)
        counts[key] = counts.get(key, 0) + state.count
        if holds(test.condition.proposition, values) != (test.condition.quantifier == "~exists"):
            positive += state.count
        else:
            negative += state.count
    finals = tuple(
        Final(dict(zip(kept, key, strict=True)), count) for key, count in sorted(counts.items(), key=_sorting)
    )
    return Verdict(test, model, finals, positive, negative, result)


def _value(names: Names, place: Observed, observed_value: int) -> int | str:
    """What the program observed, which is 64 bits without sign: an integer of the place's type, or a location."""
    kind = names.type_at(place)
    if kind.pointers:
        if observed_value in {0, NO_ADDRESS}:
            return 0 if observed_value == 0 else "?"
        return list(names.locations)[observed_value - 1]
    signed = not (kind.base.startswith(("unsigned", "uint", "size_t", "bool", "_Bool")))
    return observed_value - (1 << 64) if signed and observed_value >> 63 else observed_value


def _sorting(item: tuple[tuple[int | str, ...], int]) -> list[tuple[bool, int, str]]:
    return [(isinstance(value, str), 0, value) if isinstance(value, str) else (False, value, "") for value in item[0]]
