"""The ledger's equations, each term counted on its own: records by walking them, offers and rejections by the headers.

    offered  = accepted + rejected[reason] + torn
    accepted = delivered + pending

delivered: valid records in segments. pending: valid records in lanes with a number above those. accepted: the number
in the lane's last valid record, or what the ledger says of a lane that is retired. torn: offers that a killed process
was in the middle of; at most one a lane, and only where the lane's own flag says so.
"""

import time
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

from . import layout
from .damage import Damage, FileDamagedError, Report
from .lanes import LaneCopy, LaneCounters, read_counters
from .ledger import Account, Ledger, read_ledger
from .lfs import BinarySegment
from .snapshot import Snapshot, take
from .tally import Tally

__all__ = ["AuditReport", "LaneAudit", "Problem", "audit"]

_SHOWN = 1000


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


def audit(path: str | PathLike[str], *, tries: int = 5) -> AuditReport:
    """Count every record of a collector directory, check every checksum and equation, and modify nothing.

    While processes are at work a problem counts only if `tries` looks in a row, growing pauses between them, all show
    one. Costs reading all segments. Raises FileNotFoundError or ValueError if there is no collector's directory.
    """
    root = Path(path)
    for attempt in range(tries):
        report, alive = _look(root)
        if report.ok or not alive or attempt == tries - 1:
            return report
        time.sleep(0.05 * 2**attempt)
    return AuditReport()


def _look(root: Path) -> tuple[AuditReport, bool]:
    found = AuditReport()
    damaged: dict[Damage, None] = {}

    def report(damage: Damage) -> None:
        damaged.setdefault(damage)

    snapshot = take(root, report, whole=True)
    delivered = _count_segments(snapshot, report)
    pending = _count_pending(snapshot, delivered, report)
    ledger = read_ledger(root / "ledger", report)
    for lane in sorted(delivered.keys() | pending.keys() | ledger.lanes.keys()):
        _judge(found, snapshot, ledger, lane, delivered.get(lane, Tally()), pending.get(lane))
    for process, file in snapshot.processes.items():
        rejected = dict(zip(layout.REASONS, file.rejected, strict=True))
        found.processes[process] = (file.offered, rejected)
    for process, account in ledger.processes.items():
        if process not in found.processes:
            found.processes[process] = (account.offered, account.rejected)
    for process, (offered, rejected) in found.processes.items():
        alive = process in snapshot.processes and snapshot.processes[process].alive
        if offered != sum(rejected.values()) and not alive:
            text = f"process {process:016x}: {offered} offered without a lane, but {sum(rejected.values())} rejected"
            found.problems.append(Problem("equation", text))
    found.problems += [Problem("damaged", str(damage), damage.lane, damage.seq, damage.seq) for damage in damaged]
    del found.problems[_SHOWN:]
    return found, snapshot.alive


def _count_segments(snapshot: Snapshot, report: Report) -> dict[int, Tally]:
    tallies: dict[int, Tally] = {}
    for segment in snapshot.segments:
        try:
            index = segment.index()
            for damage in index.damage:
                report(damage)
            counted: dict[int, tuple[int, int, int]] = {}
            for lane, blocks in index.blocks.items():
                for block in blocks:
                    chunk = segment.load(block, report)
                    if chunk is None or not len(chunk.seq):
                        continue
                    tallies.setdefault(lane, Tally()).add(chunk.seq, segment.path.name)
                    first, last, count = counted.get(lane, (2**64, 0, 0))
                    low, high = int(chunk.seq.min()), int(chunk.seq.max())
                    counted[lane] = (min(first, low), max(last, high), count + len(chunk.seq))
                    if (block.first, block.last, block.count) != (low, high, len(chunk.seq)):
                        what = (
                            f"its header says {block.count} records, {block.first} to {block.last}; "
                            f"there are {len(chunk.seq)}, {low} to {high}"
                        )
                        report(Damage(segment.path, what, block.at, lane, block.first))
            if isinstance(segment, BinarySegment):
                segment.check_footer(counted, report)
        except FileDamagedError as error:
            report(error.damage)
        except OSError as error:
            report(FileDamagedError.of(segment.path, error).damage)
    return tallies


def _count_pending(snapshot: Snapshot, delivered: dict[int, Tally], report: Report) -> dict[int, Tally]:
    tallies: dict[int, Tally] = {}
    for lane, copy in snapshot.lanes.items():
        last = delivered[lane].last if lane in delivered else 0
        tally = tallies.setdefault(lane, Tally())
        for chunk in copy.chunks(snapshot.known.shapes.get(copy.identity.process, {}), report):
            tally.add(chunk.seq[chunk.seq > last], copy.path.name)
    return tallies


def _judge(
    found: AuditReport, snapshot: Snapshot, ledger: Ledger, lane: int, delivered: Tally, pending: Tally | None
) -> None:
    all_runs = Tally([*delivered.runs, *(pending.runs if pending else [])])
    terms = LaneAudit(lane, 0, "retired", delivered=delivered.count, pending=pending.count if pending else 0)
    terms.accepted = all_runs.last
    copy, account = snapshot.lanes.get(lane), ledger.lanes.get(lane)
    expected = terms.accepted
    if copy is not None and account is None:
        expected = max(expected, _judge_lane(found, snapshot, copy, terms, all_runs.last))
    elif account is not None:
        expected = max(expected, account.accepted)
        _judge_account(found, account, terms)
    elif (snapshot.root / "segments").is_symlink():
        # Several directories may share one for their segments: this lane is in another one's ledger.
        terms.state = "elsewhere"
        identity = snapshot.known.identities.get(lane)
        terms.process, terms.offered = identity.process if identity else 0, terms.accepted
    else:
        text = f"lane {lane:016x}: {delivered.count} records in segments, but neither a lane file nor a ledger line"
        found.problems.append(Problem("unknown", text, lane, all_runs.runs[0].first, all_runs.last))
    found.lanes.append(terms)
    for first, last in all_runs.gaps(expected):
        found.problems.append(
            Problem("lost", f"lane {lane:016x}, {_span(first, last)}: in no segment and no lane", lane, first, last)
        )
    for run in all_runs.doubles():
        text = f"lane {lane:016x}, {_span(run.first, run.last)}: there more than once, again in {run.where}"
        found.problems.append(Problem("doubled", text, lane, run.first, run.last))


def _span(first: int, last: int) -> str:
    return f"seq {first}" if first == last else f"seq {first} to {last}"


def _judge_account(found: AuditReport, account: Account, terms: LaneAudit) -> None:
    terms.process, terms.offered, terms.torn = account.process, account.offered, account.torn
    terms.rejected = account.rejected
    name = f"lane {account.lane or 0:016x}"

    def require(holds: bool, text: str) -> None:
        if not holds:
            found.problems.append(Problem("equation", f"{name}: {text}", account.lane))

    require(
        account.offered == account.accepted + account.rejections + account.torn,
        f"the ledger says {account.offered} offered, but {account.accepted} accepted + {account.rejections} rejected"
        f" + {account.torn} torn",
    )
    require(account.torn <= 1, f"the ledger says {account.torn} torn; one lane can have at most 1")
    require(account.corrupt == 0, f"{account.corrupt} records were damaged in the lane before they could be delivered")
    require(
        terms.delivered == account.delivered,
        f"the ledger says {account.delivered} delivered, but {terms.delivered} are in the segments",
    )
    require(
        terms.accepted == account.accepted,
        f"the ledger says {account.accepted} accepted, but the last record in the segments has number {terms.accepted}",
    )


def _judge_lane(found: AuditReport, snapshot: Snapshot, copy: LaneCopy, terms: LaneAudit, last: int) -> int:
    """Check a lane that has its file; the number that its records must reach."""
    identity = copy.identity
    terms.process = identity.process
    process = snapshot.processes.get(identity.process)
    terms.state = "live" if process is not None and process.alive else "dead"
    before = copy.before
    after = _now(copy) or copy.after
    terms.exact = terms.state == "dead" or (_producer(before) == _producer(after) and not after.inside)
    terms.offered = after.offered
    terms.rejected = dict(zip(layout.REASONS, after.rejected, strict=True))
    rejected_before, rejected_after = sum(before.rejected), sum(after.rejected)
    # Offers that have no outcome yet: the one inside emit, and one that waits for room.
    open_before = 1 if before.inside or before.waiting else 0
    open_after = 1 if after.inside or after.waiting else 0

    def require(holds: bool, text: str) -> None:
        if not holds:
            found.problems.append(Problem("equation", f"lane {identity.lane:016x}: {text}", identity.lane))

    if terms.exact:
        unsettled = after.offered - last - rejected_after
        # No counter can tell an offer that was cut off: it is the one that has no outcome, where the flag allows one.
        terms.torn = 1 if terms.state == "dead" and unsettled == 1 and open_after else 0
        require(
            0 <= unsettled <= open_after,
            f"{after.offered} offered, but {last} accepted + {rejected_after} rejected"
            + (" + at most 1 torn" if open_after else ""),
        )
        require(
            after.next_seq - 1 <= last <= after.next_seq - 1 + (1 if after.inside else 0),
            f"its next number is {after.next_seq}, but its last record has number {last}",
        )
    else:
        require(
            before.offered - 1 - open_before <= last + rejected_after and last + rejected_before <= after.offered,
            f"{before.offered} to {after.offered} offered while counting, but {last} accepted and"
            f" {rejected_before} to {rejected_after} rejected",
        )
    require(before.acked <= last, f"records up to {before.acked} were acknowledged, but the last one found is {last}")
    return max(before.acked, before.next_seq - 1)


def _producer(counters: LaneCounters) -> tuple[object, ...]:
    return counters.offered, counters.next_seq, counters.rejected, counters.inside, counters.waiting


def _now(copy: LaneCopy) -> LaneCounters | None:
    try:
        return read_counters(copy.path)
    except (OSError, ValueError):
        return None
