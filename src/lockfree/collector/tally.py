"""Numbers of records as runs: which are there, which are missing, which are there twice, without a list of all."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Run", "Tally"]


class Run(NamedTuple):
    """Records numbered first..last without a gap, and where they stand."""

    first: int
    last: int
    where: str


@dataclass(slots=True)
class Tally:
    """Counts the records of one lane. `count` is how many were added, doubles included."""

    runs: list[Run] = field(default_factory=list)
    count: int = 0

    def add(self, seqs: NDArray[np.uint64], where: str) -> None:
        """Add records by number, in any order. O(n) time; memory only for the runs."""
        if not len(seqs):
            return
        self.count += len(seqs)
        numbers = seqs.astype(np.uint64)
        cuts = np.flatnonzero(numbers[1:] != numbers[:-1] + np.uint64(1)) + 1
        firsts = numbers[np.concatenate([[0], cuts])].tolist()
        lasts = numbers[np.concatenate([cuts, [len(numbers)]]) - 1].tolist()
        for first, last in zip(firsts, lasts, strict=True):
            if self.runs and self.runs[-1].last + 1 == first and self.runs[-1].where == where:
                self.runs[-1] = Run(self.runs[-1].first, last, where)
            else:
                self.runs.append(Run(first, last, where))

    @property
    def last(self) -> int:
        """The highest number; 0 if there is none."""
        return max((run.last for run in self.runs), default=0)

    def gaps(self, upto: int) -> list[tuple[int, int]]:
        """(first, last) of each stretch of 1..upto that is missing."""
        missing, expected = [], 1
        for run in sorted(self.runs):
            if run.first > upto:
                break
            if run.first > expected:
                missing.append((expected, run.first - 1))
            expected = max(expected, run.last + 1)
        if expected <= upto:
            missing.append((expected, upto))
        return missing

    def doubles(self) -> list[Run]:
        """Each stretch that is there again, with the place of the second."""
        found, seen = [], 0
        for run in sorted(self.runs):
            if run.first <= seen:
                found.append(Run(run.first, min(run.last, seen), run.where))
            seen = max(seen, run.last)
        return found
