"""The checker's progress on stderr: executions, their rate, and how many are left where that is known."""

import sys
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from lockfree.check.result import Progress

__all__ = ["Bar"]

_WIDTH = 24


class Bar:
    """To be used with `with`, so that its line is wiped. Says nothing where nobody is watching."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.shown = sys.stderr.isatty() and not quiet
        self._drawn = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._drawn:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def count(self, what: str, done: int, known: int, seconds: float) -> None:
        """Draw how many runs of a proof are done, of those known of so far."""
        if self.shown:
            self._drawn = True
            part = done / known if known else 0.0
            bar = f"[{'#' * int(part * _WIDTH):<{_WIDTH}}]"
            print(f"\r{what}  {bar} {done:,} of {known:,}, {seconds:.0f} s\x1b[K", end="", file=sys.stderr, flush=True)

    def update(self, name: str, progress: "Progress") -> None:
        """Draw how far the scenario `name` is."""
        if self.shown:
            self._drawn = True
            print(f"\r{line(name, progress)}\x1b[K", end="", file=sys.stderr, flush=True)


def line(name: str, progress: "Progress") -> str:
    """The text of the bar."""
    rate = progress.executions / progress.seconds if progress.seconds > 0 else 0.0
    said = f"{progress.executions:,} executions, {rate:,.0f}/s"
    if not progress.estimate or not rate:
        return f"{name}  {said}, {progress.seconds:.0f} s"
    done = min(1.0, progress.executions / progress.estimate)
    left = int(max(progress.estimate - progress.executions, 0) / rate)
    bar = f"[{'#' * int(done * _WIDTH):<{_WIDTH}}] {done:4.0%}"
    return f"{name}  {bar}  {said} of about {progress.estimate:,.0f}, {left // 60}:{left % 60:02d} left"
