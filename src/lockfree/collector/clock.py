"""From a lane's ticks to wall time in nanoseconds since 1970."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Clock"]

_SECOND_NS = 1_000_000_000
_LAST_NS = float(2**63 - 2**11)


@dataclass(frozen=True, slots=True)
class Clock:
    """A pair (ticks, wall ns) taken together, and ticks per ns. Pure; any thread."""

    ticks: int
    wall: int
    rate: float

    def refined(self, ticks: int, wall: int) -> "Clock":
        """This clock with the rate between its own pair and a later one, if they are more than a second apart.

        A longer base makes the rate better: 100 ns of doubt in each pair are 0.1 ppm after two seconds.
        """
        if wall - self.wall <= _SECOND_NS:
            return self
        refined = (ticks - self.ticks) / (wall - self.wall)
        # A wall clock that was set in between must not bend the ticks.
        if not self.rate * 0.999 < refined < self.rate * 1.001:
            return self
        return Clock(self.ticks, self.wall, refined)

    def to_wall(self, ticks: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Wall ns (int64, the same shape) of each of `ticks` (uint64). A rate that makes no sense counts as 1."""
        since = (ticks - np.uint64(self.ticks)).view(np.int64)
        rate = self.rate if math.isfinite(self.rate) and self.rate > 0 else 1.0
        if rate == 1.0 and 0 <= self.wall < 2**62:
            return np.clip(since, -(2**62), 2**62) + np.int64(self.wall)
        with np.errstate(over="ignore"):  # a rate near zero: bounded below
            since_ns = since.astype(np.float64) / rate
        # The sum of a double and an exact 63-bit number must not be taken in doubles: 1.7e18 has 256 ns steps.
        bounded = np.clip(since_ns, -_LAST_NS / 2, _LAST_NS / 2).astype(np.int64)
        return bounded + np.int64(min(self.wall, 2**62))
