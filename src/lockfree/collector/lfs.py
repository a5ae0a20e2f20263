"""Binary segments: block headers, the footer, and the way on after damage."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from lockfree._binding import crc32c

from . import layout
from .blocks import Block, EventExtent, Extent, Index, Known, Summary, extents_of
from .chunks import make_chunk
from .clock import Clock
from .damage import Damage, FileDamagedError, Report
from .identity import LaneIdentity
from .record import Chunk
from .shape import Shape, parse_shape

__all__ = ["BinarySegment", "BlockHeader"]

_WINDOW = 1 << 20
_MAGIC_BYTES = layout.BLOCK_MAGIC.to_bytes(4, "little")


class BlockHeader(NamedTuple):
    """A block's header, field by field; see formats.md."""

    magic: int
    crc: int
    type: int
    nbytes: int
    owner: int
    first: int
    last: int
    records: int
    payload_crc: int
    min_ticks: int
    max_ticks: int
    pair_ticks: int
    pair_wall: int
    min_wall: int
    max_wall: int

    @classmethod
    def parse(cls, raw: bytes) -> "BlockHeader | None":
        """The header in these 96 bytes, or None if they are none."""
        if len(raw) < layout.BLOCK_HEADER_BYTES or raw[:4] != _MAGIC_BYTES:
            return None
        header = cls(*layout.BLOCK_HEADER.unpack_from(raw))
        return header if header.crc == crc32c(raw[8 : layout.BLOCK_HEADER_BYTES]) else None

    def clock(self, identity: LaneIdentity) -> Clock:
        """The clock of this block's records."""
        if not self.pair_ticks and not self.pair_wall:
            return identity.clock
        return identity.clock.refined(self.pair_ticks, self.pair_wall)


@dataclass(frozen=True, slots=True)
class BinarySegment:
    """A `.lfs` file, finished or (`.lfs.part`) growing."""

    path: Path
    known: Known
    whole: bool = False
    """Ignore the footer and look at the blocks themselves: what an audit wants."""

    @property
    def growing(self) -> bool:
        """Whether the file is a .part: its end may be torn without anything being lost."""
        return self.path.suffix == ".part"

    def summary(self, report: Report) -> Summary:
        """From the footer if there is a good one, else from the blocks."""
        with _Opened(self.path) as file:
            if not self.growing and not self.whole:
                footer = file.footer()
                if footer is not None:
                    return self._summary(file, footer)
                report(Damage(self.path, "has no footer (truncated or damaged): its blocks are read one by one"))
        index = self.index()
        for damage in index.damage:
            report(damage)
        return Summary(extents_of(index, {lane: self.known.identities[lane].process for lane in index.blocks}))

    def index(self) -> Index:
        """All blocks, found by their headers."""
        with _Opened(self.path) as file:
            status = os.fstat(file.fd)
            key = (status.st_dev, status.st_ino, self.path.name.removesuffix(".part"))
            index = self.known.index(key)
            if index.at == 0:
                index.at = layout.SEGMENT_HEADER_BYTES
            self._extend(file, index)
            return index

    def load(self, block: Block, report: Report) -> Chunk | None:
        """The block's records; damaged ones are reported and stepped over."""
        identity = self.known.identities[block.lane]
        with _Opened(self.path) as file:
            raw = os.pread(file.fd, layout.BLOCK_HEADER_BYTES + block.nbytes, block.at)
        header = BlockHeader.parse(raw)
        if header is None:
            report(Damage(self.path, "a block has changed since it was found", block.at, block.lane))
            return None
        return make_chunk(
            raw[layout.BLOCK_HEADER_BYTES :],
            identity,
            header.clock(identity),
            (block.first, block.last),
            self.known.shapes.get(identity.process, {}),
            report,
            path=self.path,
            at=block.at + layout.BLOCK_HEADER_BYTES,
        )

    def _summary(self, file: "_Opened", footer: "_Footer") -> Summary:
        """The footer, with the names of the kinds. A table of events that contradicts the lanes' says nothing."""
        events = footer.events
        counted = int(events["count"][events["kind"] != layout.KIND_GAP].sum())
        if counted != sum(extent.count for extent in footer.lanes.values()):
            return Summary(footer.lanes)
        found = []
        for process, kind, _, count, low, high, schema_at in events.tolist():
            name: str | None = ""
            if kind >= layout.KIND_TYPED:
                shape = self.known.shapes.get(process, {}).get(kind) or file.shape(schema_at)
                if shape is not None:
                    self.known.shapes.setdefault(process, {})[kind] = shape
                name = shape.name if shape else None
            found.append(EventExtent(process, kind, count, low, high, name))
        return Summary(footer.lanes, tuple(found))

    def check_footer(
        self,
        counted: Mapping[int, tuple[int, int, int]],
        kinds: Mapping[tuple[int, int], int],
        report: Report,
    ) -> None:
        """Compare a finished file's footer with what was counted.

        counted: lane -> (first, last, count); kinds: (process, kind) -> count.
        """
        if self.growing:
            return
        with _Opened(self.path) as file:
            footer = file.footer()
        if footer is None:
            report(Damage(self.path, "has no footer (truncated or damaged)"))
            return
        for lane in sorted(footer.lanes.keys() | counted.keys()):
            entry = footer.lanes.get(lane)
            said = (entry.first, entry.last, entry.count) if entry else (0, 0, 0)
            found = counted.get(lane, (0, 0, 0))
            if said != found:
                what = "its footer says {2} records, {0} to {1}".format(*said)
                report(Damage(self.path, what + "; there are {2}, {0} to {1}".format(*found), None, lane, said[0]))
        events = {(process, kind): count for process, kind, _, count, *_ in footer.events.tolist()}
        for process, kind in sorted(events.keys() | kinds.keys()) if events else ():
            says, there = events.get((process, kind), 0), kinds.get((process, kind), 0)
            if says != there:
                what = f"its footer says {says} records of kind {kind} of process {process:016x}; there are {there}"
                report(Damage(self.path, what))

    def _extend(self, file: "_Opened", index: Index) -> None:
        end = file.size
        while index.at < end and index.footer_at is None:
            header = file.block(index.at)
            if header is None:
                following = file.next_block(index.at + 8)
                if following is None and self.growing:
                    return
                stop = end if following is None else following
                index.damage.append(Damage(self.path, f"{stop - index.at} bytes are not a block", index.at))
                index.at = stop
                continue
            if header.type == layout.BLOCK_FOOTER and self.growing:
                return  # being finished; if that fails, blocks will stand here instead
            stop = index.at + layout.BLOCK_HEADER_BYTES + header.nbytes
            if stop > end:
                if self.growing:
                    return
                index.damage.append(Damage(self.path, f"truncated: a block ends {stop - end} bytes after it", index.at))
            try:
                self._take(file, index, header, min(stop, end))
            except ValueError as error:
                index.damage.append(Damage(self.path, str(error), index.at))
            index.at = min(stop, end)

    def _take(self, file: "_Opened", index: Index, header: BlockHeader, stop: int) -> None:
        at = index.at + layout.BLOCK_HEADER_BYTES
        if header.type == layout.BLOCK_RECORDS:
            identity = self.known.identities.get(header.owner)
            if identity is None:
                raise ValueError(
                    f"{header.records} records of lane {header.owner:016x} have no LANE block, and can't be read"
                )
            low, high = (
                header.clock(identity).to_wall(np.array([header.min_ticks, header.max_ticks], np.uint64)).tolist()
            )
            block = Block(header.owner, index.at, stop - at, header.first, header.last, header.records, low, high)
            index.blocks.setdefault(header.owner, []).append(block)
            return
        payload = os.pread(file.fd, stop - at, at)
        if crc32c(payload) != header.payload_crc:
            raise ValueError(f"a block of type {header.type} does not match its checksum")
        if header.type == layout.BLOCK_LANE:
            found = LaneIdentity.parse(payload)
            self.known.identities[found.lane] = found
        elif header.type == layout.BLOCK_SCHEMA:
            if not layout.KIND_TYPED <= header.records < layout.KIND_PADDING:
                raise ValueError(f"a schema claims record kind {header.records}")
            shape = parse_shape(payload.rstrip(b"\0").decode())
            self.known.shapes.setdefault(header.owner, {})[header.records] = shape
        elif header.type == layout.BLOCK_FOOTER:
            index.footer_at = index.at
        else:
            raise ValueError(f"a block of unknown type {header.type}")


class _Footer(NamedTuple):
    """What stands in a footer: by lane, and the table of kinds (dtype layout.FOOTER_EVENT)."""

    lanes: dict[int, Extent]
    events: NDArray[np.void]


class _Opened:
    """An open segment file. Raises FileDamagedError if its header is not a segment's."""

    def __init__(self, path: Path) -> None:
        self.fd = _open(path)
        self.size = os.fstat(self.fd).st_size
        try:
            _check(os.pread(self.fd, layout.SEGMENT_HEADER_BYTES, 0))
        except ValueError as error:
            os.close(self.fd)
            raise FileDamagedError(Damage(path, str(error))) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)

    def block(self, at: int) -> BlockHeader | None:
        return BlockHeader.parse(os.pread(self.fd, layout.BLOCK_HEADER_BYTES, at))

    def next_block(self, at: int) -> int | None:
        """The next offset, a multiple of 8, at which a block header stands."""
        while at < self.size:
            window = os.pread(self.fd, _WINDOW + layout.BLOCK_HEADER_BYTES, at)
            found = window.find(_MAGIC_BYTES)
            while 0 <= found < _WINDOW:
                if found % 8 == 0 and BlockHeader.parse(window[found : found + layout.BLOCK_HEADER_BYTES]):
                    return at + found
                found = window.find(_MAGIC_BYTES, found + 1)
            at += _WINDOW
        return None

    def shape(self, at: int) -> Shape | None:
        """The shape in the SCHEMA block there; None if there is none."""
        header = self.block(at)
        if header is None or header.type != layout.BLOCK_SCHEMA or header.nbytes > self.size:
            return None
        payload = os.pread(self.fd, header.nbytes, at + layout.BLOCK_HEADER_BYTES)
        try:
            return parse_shape(payload.rstrip(b"\0").decode()) if crc32c(payload) == header.payload_crc else None
        except ValueError:
            return None

    def footer(self) -> "_Footer | None":
        """The footer, or None if there is no good one."""
        tail_at = self.size - layout.FOOTER_TAIL.size
        if tail_at < layout.SEGMENT_HEADER_BYTES:
            return None
        at, magic = layout.FOOTER_TAIL.unpack(os.pread(self.fd, layout.FOOTER_TAIL.size, tail_at))
        if magic != layout.END_MAGIC or not layout.SEGMENT_HEADER_BYTES <= at < tail_at:
            return None
        header = self.block(at)
        if header is None or header.type != layout.BLOCK_FOOTER:
            return None
        start = at + layout.BLOCK_HEADER_BYTES
        payload = os.pread(self.fd, header.nbytes, start) if start + header.nbytes == tail_at else b""
        lanes_bytes = header.records * layout.FOOTER_ENTRY.itemsize
        if (
            crc32c(payload) != header.payload_crc
            or lanes_bytes > len(payload)
            or (len(payload) - lanes_bytes) % layout.FOOTER_EVENT.itemsize
        ):
            return None
        lanes = np.frombuffer(payload[:lanes_bytes], layout.FOOTER_ENTRY).tolist()
        return _Footer(
            {entry[0]: Extent(*entry[:7]) for entry in lanes},
            np.frombuffer(payload[lanes_bytes:], layout.FOOTER_EVENT),
        )


def _open(path: Path) -> int:
    """Open for reading; a .part that was finished meanwhile is opened under its new name."""
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        if path.suffix != ".part":
            raise
        return os.open(path.with_suffix(""), os.O_RDONLY | os.O_CLOEXEC)


def _check(head: bytes) -> None:
    if len(head) < layout.SEGMENT_HEADER_BYTES:
        raise ValueError(f"truncated: {len(head)} bytes are too few for a segment")
    magic, version, crc, *_ = layout.SEGMENT_HEADER.unpack_from(head)
    if magic != layout.SEGMENT_MAGIC:
        raise ValueError(f"not a segment (it begins with {head[:8]!r})")
    if version != layout.VERSION:
        raise ValueError(f"format version {version}; this release reads version {layout.VERSION}")
    if crc != crc32c(head[16:]):
        raise ValueError("its header does not match its checksum")
