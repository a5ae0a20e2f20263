"""What a collector directory holds at one moment, read in an order that loses nothing while it is in use.

Records move from lanes to segments, so lanes are copied first: what leaves a lane later is found in a segment, and
what is found twice is told by its number.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .blocks import Known, Segment
from .damage import Damage, FileDamagedError, Report
from .lanes import LaneCopy, read_lane
from .ledger import Ledger, read_ledger
from .lfs import BinarySegment
from .ndjson import TextSegment
from .processes import ProcessFile, read_process

__all__ = ["Snapshot", "list_segments", "take"]

_OWN_NAMES = re.compile(r"segments|ledger|quarantine|adopt\.lock|proc-.*\.lfp|lane-.*\.lfl")
_SEGMENT_SUFFIXES = (".lfs", ".lfs.part", ".ndjson", ".ndjson.part")


@dataclass(slots=True)
class Snapshot:
    """`lanes` and `processes` by id; `segments` in the order of their names; `root` is where they are from.

    `ledger` is only read on request, between lanes and segments: what it says is retired is all in the segments.
    """

    root: Path
    known: Known
    lanes: dict[int, LaneCopy] = field(default_factory=dict)
    processes: dict[int, ProcessFile] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    segments: list[Segment] = field(default_factory=list)

    @property
    def alive(self) -> bool:
        """Whether some process is at work in the directory."""
        return any(process.alive for process in self.processes.values())


def take(path: Path, report: Report, *, known: Known | None = None, books: bool = False) -> Snapshot:
    """Look at a collector directory, at a directory of segments or at one segment file.

    books: read the ledger, and don't trust footers: what an audit wants. known: from an earlier look, so that only what
    is new is read. Costs a copy of what is pending in lanes; segments are only listed. Raises FileNotFoundError or
    ValueError if there is nothing to look at.
    """
    known = known or Known()
    snapshot = Snapshot(path, known)
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist; give a collector's directory, or one of its segment files")
    if path.is_file():
        snapshot.segments = [_segment(path, known, whole=books)]
        return snapshot
    for file in sorted(path.glob("lane-*.lfl")):
        try:
            lane = read_lane(file)
        except (FileDamagedError, OSError) as error:
            report(_as_damage(error, file))
            continue
        if lane is not None:
            snapshot.lanes[lane.identity.lane] = lane
            known.identities.setdefault(lane.identity.lane, lane.identity)
    for file in sorted(path.glob("proc-*.lfp")):
        try:
            process = read_process(file, report)
        except (FileDamagedError, OSError) as error:
            report(_as_damage(error, file))
            continue
        if process is not None:
            snapshot.processes[process.process] = process
            known.shapes.setdefault(process.process, {}).update(process.shapes)
    if books:
        snapshot.ledger = read_ledger(path / "ledger", report)
    snapshot.segments = [_segment(file, known, whole=books) for file in list_segments(path)]
    if not (snapshot.lanes or snapshot.processes or snapshot.segments) and not _is_ours(path):
        raise ValueError(f"{path} holds no lanes, segments or ledger: it is not a collector's directory")
    return snapshot


def list_segments(path: Path) -> list[Path]:
    """Segment files of a collector directory or a directory of segments, sorted; a file is listed once."""
    found: dict[str, Path] = {}
    for directory in (path, path / "segments"):
        if directory.is_dir():
            for file in _files(directory):
                name = file.name.removesuffix(".part")
                # Seen under both names: it was finished during the listing.
                if name not in found or file.suffix != ".part":
                    found[name] = file
    return [found[name] for name in sorted(found)]


def _files(directory: Path) -> Iterator[Path]:
    for file in directory.iterdir():
        if file.name.endswith(_SEGMENT_SUFFIXES) and file.is_file():
            yield file


def _segment(path: Path, known: Known, *, whole: bool) -> Segment:
    if ".ndjson" in path.suffixes:
        return TextSegment(path, known)
    return BinarySegment(path, known, whole)


def _is_ours(path: Path) -> bool:
    return path.name == "segments" or any(_OWN_NAMES.fullmatch(file.name) for file in path.iterdir())


def _as_damage(error: FileDamagedError | OSError, path: Path) -> Damage:
    if isinstance(error, FileDamagedError):
        return error.damage
    return FileDamagedError.of(path, error).damage
