"""The equations of one lane, held against the records that were counted."""

from . import layout
from .audit_report import AuditReport, LaneAudit, Problem
from .lanes import LaneCopy, LaneCounters, read_counters
from .ledger import Account, Ledger, read_ledger
from .snapshot import Snapshot
from .tally import Tally

__all__ = ["judge"]


def judge(found: AuditReport, snapshot: Snapshot, later: Ledger, lane: int, delivered: Tally, pending: Tally) -> None:
    """Add a lane's terms and problems to `found`.

    snapshot.ledger was read between the lanes and the segments, `later` after the segments: a lane in the first has all
    its records in the segments that were read; one that is only in the second was retired while they were read.
    """
    all_runs = Tally([*delivered.runs, *pending.runs])
    terms = LaneAudit(lane, 0, "retired", delivered=delivered.count, pending=pending.count)
    terms.accepted = expected = all_runs.last
    copy, account = snapshot.lanes.get(lane), snapshot.ledger.lanes.get(lane)
    if account is not None:
        expected = max(expected, account.accepted)
        _judge_account(found, account, terms)
    elif copy is not None:
        expected = max(expected, _judge_lane(found, snapshot, copy, terms, _now(copy, later) or copy.after))
    else:
        _place(found, snapshot, later, terms, all_runs)
    found.lanes.append(terms)
    for first, last in all_runs.gaps(expected):
        text = f"lane {lane:016x}, {_span(first, last)}: in no segment and no lane"
        found.problems.append(Problem("lost", text, lane, first, last))
    for run in all_runs.doubles():
        text = f"lane {lane:016x}, {_span(run.first, run.last)}: there more than once, again in {run.where}"
        found.problems.append(Problem("doubled", text, lane, run.first, run.last))


def _place(found: AuditReport, snapshot: Snapshot, later: Ledger, terms: LaneAudit, runs: Tally) -> None:
    """A lane whose records are in segments, but that was neither there before them nor retired."""
    identity = snapshot.known.identities.get(terms.lane)
    terms.process, terms.offered, terms.exact = identity.process if identity else 0, terms.accepted, False
    if terms.lane in later.lanes or _still_there(snapshot, terms.lane):
        terms.state = "live"  # made after the lanes were copied
    elif (snapshot.root / "segments").is_symlink():
        terms.state = "elsewhere"  # several directories may share one for their segments: another one's ledger has it
    else:
        text = f"lane {terms.lane:016x}: {runs.count} records in segments, but neither a lane file nor a ledger line"
        found.problems.append(Problem("unknown", text, terms.lane, runs.runs[0].first, runs.last))


def _still_there(snapshot: Snapshot, lane: int) -> bool:
    """The file first, then the ledger anew: a lane is told to the ledger before its file goes."""
    if any(snapshot.root.glob(f"lane-*-{lane:016x}.lfl")):
        return True
    return lane in read_ledger(snapshot.root / "ledger", lambda _damage: None).lanes


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


def _judge_lane(found: AuditReport, snapshot: Snapshot, copy: LaneCopy, terms: LaneAudit, after: LaneCounters) -> int:
    """Check a lane that has its file; the number that its records must reach."""
    identity = copy.identity
    terms.process = identity.process
    process = snapshot.processes.get(identity.process)
    terms.state = "live" if process is not None and process.alive else "dead"
    before, last = copy.before, terms.accepted
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


def _now(copy: LaneCopy, later: Ledger) -> LaneCounters | None:
    """The lane's counters after the segments were read: from its file, or if that has gone from the ledger."""
    try:
        counters = read_counters(copy.path)
    except (OSError, ValueError):
        counters = None
    account = later.lanes.get(copy.identity.lane)
    if counters is not None or account is None:
        return counters
    rejected = tuple(account.rejected.get(reason, 0) for reason in layout.REASONS)
    return LaneCounters(
        account.offered,
        account.accepted + 1,
        rejected,
        inside=account.torn > 0,
        waiting=0,
        acked=account.accepted,
        delivered=account.delivered,
    )
