"""What a command could not read: said once each on stderr, and remembered for the exit code."""

import sys

from lockfree.collector.damage import Damage

__all__ = ["Complaints"]

_SHOWN = 20


class Complaints:
    """A report for the readers. `code` is 0 until there was something to complain of, then 1."""

    def __init__(self) -> None:
        self._seen: set[Damage] = set()

    def __call__(self, damage: Damage) -> None:
        """Say it, once."""
        if damage in self._seen:
            return
        self._seen.add(damage)
        if len(self._seen) <= _SHOWN:
            print(f"lockfree: {damage}", file=sys.stderr)

    @property
    def code(self) -> int:
        """The exit code."""
        return 1 if self._seen else 0

    def finish(self) -> int:
        """Say how much was not shown; the exit code."""
        if len(self._seen) > _SHOWN:
            print(f"lockfree: and {len(self._seen) - _SHOWN} more like these", file=sys.stderr)
        if self._seen:
            print("lockfree: the rest was read; `lockfree audit` counts what is missing", file=sys.stderr)
        return self.code
