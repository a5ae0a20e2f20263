"""A progress bar on stderr: bytes, lines a second, time left. Says nothing where nobody is watching."""

import sys
import time
from typing import Self

from .table import size

__all__ = ["Progress"]

_WIDTH = 24
_EVERY_SECONDS = 0.1


class Progress:
    """`total` in bytes, None if it is not known. To be used with `with`, so that its line is ended."""

    def __init__(self, total: int | None, *, quiet: bool = False) -> None:
        self._total = total
        self._shown = sys.stderr.isatty() and not quiet
        self._start = self._next = time.monotonic()
        self._bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            print(file=sys.stderr)

    def update(self, nbytes: int, lines: int) -> None:
        """Say how far it is, in bytes and lines since the start; drawn at most ten times a second."""
        self._bytes = nbytes
        now = time.monotonic()
        if self._shown and now >= self._next:
            self._next = now + _EVERY_SECONDS
            self._draw(lines, now)

    def finish(self, lines: int) -> None:
        """Draw how it ended."""
        if self._shown:
            self._draw(lines, time.monotonic())

    def _draw(self, lines: int, now: float) -> None:
        print(f"\r{self._line(lines, now - self._start)}\x1b[K", end="", file=sys.stderr, flush=True)

    def _line(self, lines: int, seconds: float) -> str:
        rate = lines / seconds if seconds > 0 else 0.0
        text = f"{lines:,} lines, {rate:,.0f} lines/s"
        if not self._total:
            return f"{size(self._bytes)}, {text}"
        done = min(1.0, self._bytes / self._total)
        left = int(seconds / done - seconds) if done > 0 else 0
        bar = "#" * int(done * _WIDTH)
        sizes = f"{size(self._bytes)} of {size(self._total)}"
        return f"[{bar:<{_WIDTH}}] {done:4.0%}  {sizes}, {text}, {left // 60}:{left % 60:02d} left"
