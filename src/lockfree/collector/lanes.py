"""Lane files: a copy taken while the owner may be writing, and the records pending in it.

Everything is read with pread, never mapped: a file that shrinks under the reader is an error, not a SIGBUS.
"""

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from . import layout
from .chunks import make_chunk
from .damage import Damage, FileDamagedError, Report
from .identity import LaneIdentity
from .record import GAP, BinaryChunk
from .shape import Shape

__all__ = ["LaneCopy", "LaneCounters", "read_counters", "read_lane"]

_TRIES = 20


@dataclass(frozen=True, slots=True)
class LaneCounters:
    """A lane header's counters; `rejected` by layout.REASONS.

    `inside`: its producer stood inside an emit; `waiting`: events offered that waited for room (0 or 1 but in signals).
    """

    offered: int
    next_seq: int
    rejected: tuple[int, ...]
    inside: bool
    waiting: int
    acked: int
    delivered: int


@dataclass(frozen=True, slots=True)
class LaneCopy:
    """A lane at one moment: its counters before and after, and the bytes between popped and pushed.

    `spans`: (offset in the file, bytes) in the order of the records, one or two of them. `settled`: the counters
    did not move while the bytes were copied.
    """

    path: Path
    identity: LaneIdentity
    capacity: int
    used: int
    before: LaneCounters
    after: LaneCounters
    spans: tuple[tuple[int, bytes], ...]

    @property
    def settled(self) -> bool:
        """Whether nothing moved between the two looks at the counters, and nobody was inside an emit."""
        return self.before == self.after and not self.after.inside

    def chunks(self, shapes: Mapping[int, Shape], report: Report) -> list[BinaryChunk]:
        """The pending records, in their order, including any that are in a segment already (look at seq)."""
        found: list[BinaryChunk] = []
        expected = self.before.acked + 1
        # next_seq is stored after the record is committed: one more may stand in the bytes than it says.
        last = max(self.after.next_seq, expected)
        for at, data in self.spans:
            chunk = make_chunk(
                data,
                self.identity,
                self.identity.clock,
                (expected, last),
                shapes,
                report,
                path=self.path,
                at=at,
                padding=True,
            )
            if len(chunk.seq):
                found.append(chunk)
                expected = int(chunk.seq[-1]) + (1 if chunk.code[-1] != GAP else 0)
        return found


def read_lane(path: Path) -> LaneCopy | None:
    """Copy a lane file; None if it was removed meanwhile. Raises FileDamagedError if it is none.

    Costs one copy of what is pending. The owner is not disturbed; the copy is retried while records leave the lane
    faster than they are copied.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        return _copy(path, fd)
    except ValueError as error:
        raise FileDamagedError(Damage(path, str(error))) from error
    finally:
        os.close(fd)


def read_counters(path: Path) -> LaneCounters | None:
    """The counters as they stand now; None if the file was removed."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        return _counters(fd)
    finally:
        os.close(fd)


def _read(fd: int, nbytes: int, at: int) -> bytes:
    data = os.pread(fd, nbytes, at)
    if len(data) < nbytes:
        raise ValueError(f"truncated: {at + len(data)} bytes, at least {at + nbytes} expected")
    return data


def _counters(fd: int) -> LaneCounters:
    head = _read(fd, 272, layout.OFFERED_AT)
    offered, next_seq, *rejected, inside, waiting = struct.unpack_from("<10Q2I", head)
    acked, delivered = struct.unpack_from("<2Q", head, layout.ACKED_AT - layout.OFFERED_AT)
    return LaneCounters(offered, next_seq, tuple(rejected), inside != 0, waiting, acked, delivered)


def _position(fd: int, at: int) -> int:
    return int.from_bytes(_read(fd, 8, at), "little")


def _copy(path: Path, fd: int) -> LaneCopy:
    identity = LaneIdentity.parse(_read(fd, layout.IDENTITY_BYTES, 0))
    magic, version, capacity = struct.unpack("<IIQ", _read(fd, 16, layout.QUEUE_AT))
    buffer_at = layout.QUEUE_AT + layout.QUEUE_HEADER_BYTES
    file_bytes = os.fstat(fd).st_size
    if magic != layout.QUEUE_MAGIC or version != layout.QUEUE_VERSION:
        raise ValueError("no queue of this format stands behind its header")
    if capacity < 64 or capacity & (capacity - 1) or buffer_at + capacity > file_bytes:
        raise ValueError(f"truncated: {file_bytes} bytes do not hold a buffer of {capacity}")
    for _ in range(_TRIES):
        before = _counters(fd)
        popped = _position(fd, layout.POPPED_AT)
        pushed = _position(fd, layout.PUSHED_AT)
        used = (pushed - popped) % 2**64
        if used > capacity or popped % 8 or pushed % 8:
            if _position(fd, layout.POPPED_AT) != popped:
                continue
            raise ValueError(
                f"its positions contradict each other (popped {popped}, pushed {pushed}, capacity {capacity})"
            )
        start, to_edge = popped % capacity, capacity - popped % capacity
        pieces = [(buffer_at + start, min(used, to_edge)), (buffer_at, max(0, used - to_edge))]
        spans = [(at, _read(fd, nbytes, at)) for at, nbytes in pieces if nbytes]
        retired = (_position(fd, layout.POPPED_AT) - popped) % 2**64
        if retired <= used:
            # What was retired during the copy may be overwritten in it; it is in a segment by now.
            return LaneCopy(path, identity, capacity, used, before, _counters(fd), _without(spans, retired))
    raise ValueError("its records left it faster than they could be copied, twenty times; try again")


def _without(spans: list[tuple[int, bytes]], nbytes: int) -> tuple[tuple[int, bytes], ...]:
    kept: list[tuple[int, bytes]] = []
    for at, data in spans:
        drop = min(nbytes, len(data))
        nbytes -= drop
        if drop < len(data):
            kept.append((at + drop, data[drop:]))
    return tuple(kept)
