"""What a collector directory holds and has counted, without judging it."""

from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from . import layout
from .blocks import Known, Segment, Summary
from .damage import FileDamagedError, Report, warn
from .ledger import Ledger, read_ledger
from .record import GAP, RAW, numbered
from .snapshot import Snapshot, take

__all__ = ["DirectoryStats", "LaneStats", "SegmentStats", "Watcher", "directory_stats"]


@dataclass(slots=True)
class LaneStats:
    """One lane that has its file. `fill` is bytes waiting / bytes of the buffer, 0..1; the rest counts events."""

    lane: int
    process: int
    pid: int
    alive: bool
    fill: float
    offered: int
    accepted: int
    rejected: dict[str, int]
    delivered: int
    pending: int

    def as_json(self) -> dict[str, Any]:
        """For --json; ids as 16 hex digits."""
        return {
            "lane": f"{self.lane:016x}",
            "process": f"{self.process:016x}",
            "pid": self.pid,
            "alive": self.alive,
            "fill": round(self.fill, 4),
            "offered": self.offered,
            "accepted": self.accepted,
            "rejected": {reason: count for reason, count in self.rejected.items() if count},
            "delivered": self.delivered,
            "pending": self.pending,
        }


@dataclass(slots=True)
class SegmentStats:
    """All segments: files, bytes and events; how many files are still being written."""

    files: int = 0
    growing: int = 0
    bytes: int = 0
    events: int = 0


@dataclass(slots=True)
class DirectoryStats:
    """A directory at one moment; `totals` are over lanes with a file, processes and the ledger.

    `events`: name -> how many are in segments, "" for raw bytes; empty unless they were counted.
    """

    lanes: list[LaneStats] = field(default_factory=list)
    processes: dict[int, tuple[int, bool]] = field(default_factory=dict)
    retired: int = 0
    totals: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    segments: SegmentStats = field(default_factory=SegmentStats)
    events: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For --json."""
        return {
            "processes": [
                {"process": f"{process:016x}", "pid": pid, "alive": alive}
                for process, (pid, alive) in self.processes.items()
            ],
            "lanes": [lane.as_json() for lane in self.lanes],
            "retired_lanes": self.retired,
            "totals": self.totals | {"rejected_by_reason": self.rejected},
            "segments": {
                "files": self.segments.files,
                "growing": self.segments.growing,
                "bytes": self.segments.bytes,
                "events": self.segments.events,
            },
            "events": self.events,
        }


class Watcher:
    """Looks at one directory again and again; what is finished is counted once. Not thread-safe."""

    def __init__(self, path: str | PathLike[str], report: Report = warn, *, events: bool = True) -> None:
        self._path = Path(path)
        self._report = report
        self._events = events
        self._known = Known()
        self._summaries: dict[str, Summary] = {}
        self._names: dict[str, dict[str, int]] = {}

    def look(self) -> DirectoryStats:
        """The directory now. Raises FileNotFoundError or ValueError if it is no collector's."""
        snapshot = take(self._path, self._report, known=self._known)
        found = DirectoryStats()
        for process, file in snapshot.processes.items():
            found.processes[process] = (file.pid, file.alive)
        for lane in snapshot.lanes:
            found.lanes.append(self._lane(snapshot, lane))
        self._segments(snapshot, found)
        ledger = read_ledger(self._path / "ledger", self._report)
        found.retired = len(ledger.lanes)
        _total(snapshot, ledger, found)
        return found

    def _lane(self, snapshot: Snapshot, lane: int) -> LaneStats:
        copy = snapshot.lanes[lane]
        process = snapshot.processes.get(copy.identity.process)
        chunks = copy.chunks(self._known.shapes.get(copy.identity.process, {}), self._report)
        pending = [numbers for chunk in chunks if len(numbers := numbered(chunk))]
        last = max((int(numbers[-1]) for numbers in pending), default=copy.before.acked)
        return LaneStats(
            lane,
            copy.identity.process,
            process.pid if process else 0,
            process.alive if process else False,
            copy.used / copy.capacity,
            copy.before.offered,
            max(last, copy.before.acked),
            dict(zip(layout.REASONS, copy.before.rejected, strict=True)),
            copy.before.delivered,
            sum(int((numbers > copy.before.acked).sum()) for numbers in pending),
        )

    def _segments(self, snapshot: Snapshot, found: DirectoryStats) -> None:
        for segment in snapshot.segments:
            try:
                found.segments.bytes += segment.path.stat().st_size
                summary = self._summary_of(segment)
                names = self._names_of(segment, summary) if self._events else {}
            except FileDamagedError as error:
                self._report(error.damage)
                continue
            except OSError as error:
                self._report(FileDamagedError.of(segment.path, error).damage)
                continue
            found.segments.files += 1
            found.segments.growing += segment.growing
            found.segments.events += sum(extent.count for extent in summary.lanes.values())
            for name, count in names.items():
                found.events[name] = found.events.get(name, 0) + count

    def _summary_of(self, segment: Segment) -> Summary:
        name = segment.path.name
        if name not in self._summaries:
            summary = segment.summary(self._report)
            if segment.growing:
                return summary
            self._summaries[name] = summary
        return self._summaries[name]

    def _names_of(self, segment: Segment, summary: Summary) -> dict[str, int]:
        """As its footer says; else counted by reading the records, of a finished file once."""
        if summary.events is not None:
            said: dict[str, int] = {}
            for event in summary.events:
                if event.kind != layout.KIND_GAP:
                    name = "?" if event.name is None else event.name
                    said[name] = said.get(name, 0) + event.count
            return said
        key = segment.path.name.removesuffix(".part")
        if key in self._names:
            return self._names[key]
        names: dict[str, int] = {}
        for blocks in segment.index().blocks.values():
            for block in blocks:
                chunk = segment.load(block, self._report)
                if chunk is None:
                    continue
                codes, counts = np.unique(chunk.code, return_counts=True)
                for code, count in zip(codes.tolist(), counts.tolist(), strict=True):
                    if code == GAP:
                        continue
                    name = chunk.shapes[code].name if code >= 0 else "" if code == RAW else "?"
                    names[name] = names.get(name, 0) + count
        if not segment.growing:
            self._names[key] = names
        return names


def directory_stats(path: str | PathLike[str], *, report: Report = warn, events: bool = True) -> DirectoryStats:
    """What a directory holds and has counted.

    events: also count the events by name, which reads the segments that have no footer to say it.
    """
    return Watcher(path, report, events=events).look()


def _total(snapshot: Snapshot, ledger: Ledger, found: DirectoryStats) -> None:
    offered = accepted = delivered = pending = torn = 0
    rejected: dict[str, int] = {}

    def reject(reasons: dict[str, int]) -> None:
        for reason, count in reasons.items():
            if count:
                rejected[reason] = rejected.get(reason, 0) + count

    for lane in found.lanes:
        if lane.lane in ledger.lanes:
            continue
        offered += lane.offered
        accepted += lane.accepted
        delivered += lane.delivered
        pending += lane.pending
        reject(lane.rejected)
    for account in [*ledger.lanes.values(), *(a for p, a in ledger.processes.items() if p not in snapshot.processes)]:
        offered += account.offered
        accepted += account.accepted
        delivered += account.delivered
        torn += account.torn
        reject(account.rejected)
    for process in snapshot.processes.values():
        offered += process.offered
        reject(dict(zip(layout.REASONS, process.rejected, strict=True)))
    found.rejected = rejected
    found.totals = {
        "offered": offered,
        "accepted": accepted,
        "rejected": sum(rejected.values()),
        "torn": torn,
        "delivered": delivered,
        "pending": pending,
    }
