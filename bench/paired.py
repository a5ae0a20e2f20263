"""Interleaved rounds, the median paired ratio with its bootstrap interval, and the verdict on a bar.

Every comparison in bench/ goes through here. A round measures each case once, in random order; the ratio of two
cases is taken within a round, so that drift of the machine cancels; the median over rounds is the answer, and a
percentile bootstrap over rounds gives its 95 % interval. One case is measured twice under two names (A/A): the
half-width of that ratio's interval is what the run cannot resolve, and bars are widened by it.
"""

from __future__ import annotations

import random
import statistics
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

RESAMPLES = 10_000
COARSEST = 0.1  # of a bar: a run that resolves less says nothing about it
Verdict = Literal["holds", "fails", "can't tell"]


@dataclass(frozen=True)
class Interval:
    """A median and its 95 % bootstrap interval."""

    median: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the distance between the two ends."""
        return (self.high - self.low) / 2

    def __str__(self) -> str:
        """As in the tables: median, then the interval."""
        return f"{self.median:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True)
class Bar:
    """A claim: the ratio (or figure) is at least, or at most, `limit`."""

    limit: float
    at_least: bool = True

    def judge(self, interval: Interval, resolution: float) -> Verdict:
        """Holds if the whole interval is on the right side of the limit widened by `resolution`, fails if none is.

        `resolution` is the A/A half-width, in the unit of the limit. Can't tell, too, if it is above COARSEST.
        """
        if resolution > COARSEST * self.limit:
            return "can't tell"
        low, high, limit = interval.low, interval.high, self.limit - resolution
        if not self.at_least:
            low, high, limit = -interval.high, -interval.low, -self.limit - resolution
        if low >= limit:
            return "holds"
        return "fails" if high < limit else "can't tell"

    def __str__(self) -> str:
        """As in the tables."""
        return f"{'>=' if self.at_least else '<='} {self.limit:g}"


@dataclass(frozen=True)
class Row:
    """One line of a report."""

    name: str
    interval: Interval
    bar: Bar | None
    verdict: Verdict | None

    def as_json(self) -> dict[str, object]:
        """For the results file."""
        return {"name": self.name, **asdict(self.interval), "bar": str(self.bar or ""), "verdict": self.verdict}


def bootstrap_median(values: Sequence[float], seed: int = 0) -> Interval:
    """The median with its percentile bootstrap interval (Efron 1979); the seed makes a report repeatable."""
    if len(values) < 2:
        message = f"an interval needs at least two rounds, got {len(values)}: give more --rounds"
        raise ValueError(message)
    draw = random.Random(seed)
    medians = sorted(statistics.median(draw.choices(values, k=len(values))) for _ in range(RESAMPLES))
    low, high = medians[int(RESAMPLES * 0.025)], medians[int(RESAMPLES * 0.975) - 1]
    return Interval(statistics.median(values), low, high)


def paired_ratio(over: Sequence[float], under: Sequence[float]) -> Interval:
    """over[i] / under[i] within each round i, and the median of that."""
    return bootstrap_median([a / b for a, b in zip(over, under, strict=True)])


def row(name: str, interval: Interval, bar: Bar | None = None, resolution: float = 0.0) -> Row:
    """A line with its verdict, if it has a bar."""
    return Row(name, interval, bar, bar.judge(interval, resolution) if bar else None)


def interleaved(rounds: int, cases: Sequence[str], seed: int) -> Iterator[tuple[int, str]]:
    """(round, case) so that every round has each case once, in an order of its own."""
    draw = random.Random(seed)
    for index in range(rounds):
        yield from ((index, case) for case in draw.sample(cases, k=len(cases)))


def collect(rounds: int, cases: Mapping[str, Callable[[], float]], seed: int) -> dict[str, list[float]]:
    """Runs the cases interleaved; what each returned, by round."""
    samples: dict[str, list[float]] = {name: [] for name in cases}
    for _, name in interleaved(rounds, list(cases), seed):
        samples[name].append(cases[name]())
    return samples


def table(rows: Sequence[Row]) -> str:
    """Losses first, then what cannot be told, then the rest in the order given."""
    rank = {"fails": 0, "can't tell": 1, "holds": 2, None: 3}
    lines = [("", "median [95 % interval]", "bar", "verdict")]
    for line in sorted(rows, key=lambda line: rank[line.verdict]):
        lines.append((line.name, str(line.interval), str(line.bar or ""), line.verdict or ""))
    widths = [max(len(cells[column]) for cells in lines) for column in range(4)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip() for cells in lines
    )
