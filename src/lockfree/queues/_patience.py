"""How long a call may wait: the stdlib's (block, timeout), as a deadline."""

import math
import time
from typing import Any

__all__ = ["Patience"]


class Patience:
    """From (block, timeout) of a call to whether to sleep once more."""

    __slots__ = ("_deadline", "_waits")

    def __init__(self, block: bool, timeout: float | None) -> None:
        self._waits = bool(block)
        self._deadline: float | None = None
        if not block or timeout is None:
            return
        if math.isnan(timeout) or timeout < 0:
            raise ValueError("'timeout' must be a non-negative number of seconds, or None to wait for ever")
        self._deadline = time.monotonic() + timeout

    def wait(self, queue: Any, side: int, need: int) -> bool:
        """Sleep until the side may go on; False: no waiting asked for, or the time is over and nothing came."""
        return self._waits and bool(queue._wait(side, need, self._deadline))  # noqa: SLF001 - between rooms of one house
