"""What a reader could not read: found, named and stepped over, never raised in the middle of a directory."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lockfree.errors import LockfreeError

__all__ = ["Damage", "DamageWarning", "FileDamagedError", "Report", "warn"]


@dataclass(frozen=True, slots=True)
class Damage:
    """One stretch of a file that is not what the format says.

    `offset` is in bytes from the file's start (None: the whole file); `lane` and `seq` say which record is
    concerned, where that is known.
    """

    path: Path
    what: str
    offset: int | None = None
    lane: int | None = None
    seq: int | None = None

    def __str__(self) -> str:
        """`path: at byte 64: lane 00000000000000ab, seq 7: what`."""
        where = [str(self.path)]
        if self.offset is not None:
            where.append(f"at byte {self.offset}")
        if self.lane is not None:
            where.append(f"lane {self.lane:016x}" + (f", seq {self.seq}" if self.seq is not None else ""))
        return ": ".join([*where, self.what])


class DamageWarning(UserWarning):
    """A file of a collector directory is foreign, truncated or damaged; what is whole in it was still read."""


class FileDamagedError(LockfreeError):
    """A whole file can't be used; `damage` says why. Readers of directories report it and go on."""

    def __init__(self, damage: Damage) -> None:
        super().__init__(str(damage))
        self.damage = damage

    @classmethod
    def of(cls, path: Path, error: OSError) -> "FileDamagedError":
        """What the system said about a file."""
        return cls(Damage(path, error.strerror or str(error)))


Report = Callable[[Damage], None]


def warn(damage: Damage) -> None:
    """The default report: a DamageWarning."""
    warnings.warn(str(damage), DamageWarning, stacklevel=2)
