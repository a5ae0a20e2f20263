"""What an audit found: the terms of every lane, and what does not hold."""

from dataclasses import dataclass, field
from typing import Any

__all__ = ["AuditReport", "LaneAudit", "Problem"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not hold, about the records `first` to `last` of a lane where that is known.

    `kind`: lost, doubled, damaged, equation, unknown (a lane that is in no books).
    """

    kind: str
    text: str
    lane: int | None = None
    first: int | None = None
    last: int | None = None

    def as_json(self) -> dict[str, Any]:
        """For --json; lane ids as 16 hex digits."""
        return {
            "kind": self.kind,
            "lane": None if self.lane is None else f"{self.lane:016x}",
            "first": self.first,
            "last": self.last,
            "text": self.text,
        }


@dataclass(slots=True)
class LaneAudit:
    """One lane's terms. `exact`: nothing moved while it was counted.

    `state`: live, dead (not adopted yet), retired, or elsewhere (of another directory with the same segments).
    """

    lane: int
    process: int
    state: str
    offered: int = 0
    accepted: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    torn: int = 0
    delivered: int = 0
    pending: int = 0
    exact: bool = True

    def as_json(self) -> dict[str, Any]:
        """For --json; ids as 16 hex digits."""
        return {
            "lane": f"{self.lane:016x}",
            "process": f"{self.process:016x}",
            "state": self.state,
            "offered": self.offered,
            "accepted": self.accepted,
            "rejected": {reason: count for reason, count in self.rejected.items() if count},
            "torn": self.torn,
            "delivered": self.delivered,
            "pending": self.pending,
            "exact": self.exact,
        }


@dataclass(slots=True)
class AuditReport:
    """`ok` if every equation holds; `processes`: (offered, rejected) of events that met no lane, by process."""

    lanes: list[LaneAudit] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    processes: dict[int, tuple[int, dict[str, int]]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def total(self, term: str) -> int:
        """The sum of a term over all lanes, with the events that met no lane for offered and rejected."""
        if term == "rejected":
            return sum(sum(lane.rejected.values()) for lane in self.lanes) + sum(
                sum(rejected.values()) for _, rejected in self.processes.values()
            )
        without = sum(offered for offered, _ in self.processes.values()) if term == "offered" else 0
        return without + sum(int(getattr(lane, term)) for lane in self.lanes)

    def as_json(self) -> dict[str, Any]:
        """For --json."""
        terms = ("offered", "accepted", "rejected", "torn", "delivered", "pending")
        return {
            "ok": self.ok,
            "totals": {term: self.total(term) for term in terms},
            "lanes": [lane.as_json() for lane in self.lanes],
            "problems": [problem.as_json() for problem in self.problems],
        }
