"""The ledger: what each retired lane and process came to."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lockfree._binding import crc32c

from .damage import Damage, Report

__all__ = ["Account", "Ledger", "read_ledger"]

_CRC_MARK = b',"crc":"'


@dataclass(frozen=True, slots=True)
class Account:
    """One line. `lane` is None for a process's events that met no lane; `rejected` by reason."""

    lane: int | None
    process: int
    offered: int
    accepted: int
    delivered: int
    torn: int
    corrupt: int
    rejected: dict[str, int]

    @property
    def rejections(self) -> int:
        """All rejections."""
        return sum(self.rejected.values())


@dataclass(slots=True)
class Ledger:
    """Accounts by lane id, and by process id those without a lane. Of two lines for one lane the last counts."""

    lanes: dict[int, Account] = field(default_factory=dict)
    processes: dict[int, Account] = field(default_factory=dict)


def read_ledger(path: Path, report: Report) -> Ledger:
    """Read a ledger file; none is an empty ledger. Lines that are damaged are reported and left out."""
    ledger = Ledger()
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return ledger
    at = 0
    for line in data.split(b"\n"):
        if line:
            try:
                account = _parse(line)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                report(Damage(path, "a line of the ledger does not match its checksum", at))
            else:
                if account.lane is None:
                    ledger.processes[account.process] = account
                else:
                    ledger.lanes[account.lane] = account
        at += len(line) + 1
    return ledger


def _parse(line: bytes) -> Account:
    text, mark, rest = line.rpartition(_CRC_MARK)
    if not mark or int(rest[:8], 16) != crc32c(text) or rest[8:] != b'"}':
        raise ValueError("checksum")
    value: dict[str, Any] = json.loads(text + b"}")
    return Account(
        None if value["lane"] is None else int(value["lane"], 16),
        int(value["process"], 16),
        offered=int(value["offered"]),
        accepted=int(value["accepted"]),
        delivered=int(value["delivered"]),
        torn=int(value["torn"]),
        corrupt=int(value["corrupt"]),
        rejected={str(reason): int(count) for reason, count in value["rejected"].items()},
    )
