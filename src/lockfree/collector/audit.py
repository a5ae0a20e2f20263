"""The ledger's equations, each term counted on its own: records by walking them, offers and rejections by the headers.

    offered  = accepted + rejected[reason] + torn
    accepted = delivered + pending

delivered: valid records in segments. pending: valid records in lanes with a number above those. accepted: the number
in the lane's last valid record, or what the ledger says of a lane that is retired. torn: offers that a killed process
was in the middle of; at most one a lane, and only where the lane's own flag says so.
"""

import time
from os import PathLike
from pathlib import Path

import numpy as np

from . import layout
from .audit_report import AuditReport, LaneAudit, Problem
from .damage import Damage, FileDamagedError, Report
from .judge import judge
from .ledger import read_ledger
from .lfs import BinarySegment
from .record import BinaryChunk, numbered
from .snapshot import Snapshot, take
from .tally import Tally

__all__ = ["AuditReport", "LaneAudit", "Problem", "audit"]

_SHOWN = 1000


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

    snapshot = take(root, report, books=True)
    delivered = _count_segments(snapshot, report)
    pending = _count_pending(snapshot, delivered, report)
    later = read_ledger(root / "ledger", report)
    for lane in sorted(delivered.keys() | pending.keys() | snapshot.ledger.lanes.keys()):
        judge(found, snapshot, later, lane, delivered.get(lane, Tally()), pending.get(lane, Tally()))
    for process, file in snapshot.processes.items():
        rejected = dict(zip(layout.REASONS, file.rejected, strict=True))
        found.processes[process] = (file.offered, rejected)
    for process, account in later.processes.items():
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
            kinds: dict[tuple[int, int], int] = {}
            for lane, blocks in index.blocks.items():
                for block in blocks:
                    chunk = segment.load(block, report)
                    if isinstance(chunk, BinaryChunk):
                        process = snapshot.known.identities[lane].process
                        for kind, number in zip(*np.unique(chunk.kind, return_counts=True), strict=True):
                            kinds[process, int(kind)] = kinds.get((process, int(kind)), 0) + int(number)
                    if chunk is None or not len(seqs := numbered(chunk)):
                        continue
                    tallies.setdefault(lane, Tally()).add(seqs, segment.path.name)
                    first, last, count = counted.get(lane, (2**64, 0, 0))
                    low, high = int(seqs.min()), int(seqs.max())
                    counted[lane] = (min(first, low), max(last, high), count + len(seqs))
                    if (block.first, block.last, block.count) != (low, high, len(seqs)):
                        what = (
                            f"its header says {block.count} records, {block.first} to {block.last}; "
                            f"there are {len(seqs)}, {low} to {high}"
                        )
                        report(Damage(segment.path, what, block.at, lane, block.first))
            if isinstance(segment, BinarySegment):
                segment.check_footer(counted, kinds, report)
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
            seqs = numbered(chunk)
            tally.add(seqs[seqs > last], copy.path.name)
    return tallies
