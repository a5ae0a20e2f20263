"""What the reader of a directory sees of a segment, whatever its format."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from .damage import Damage, Report
from .identity import LaneIdentity
from .record import Chunk
from .shape import Shape

__all__ = ["Block", "EventExtent", "Extent", "Index", "Known", "Segment", "Summary", "extents_of"]

_INDEXES_KEPT = 32


@dataclass(frozen=True, slots=True)
class Extent:
    """What a segment holds of one lane: numbers `first` to `last` (`count` of them), wall ns from low to high.

    `process` is 0 where the file does not say it.
    """

    lane: int
    process: int
    first: int
    last: int
    count: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class EventExtent:
    """How many records of one kind of one process a segment holds, wall ns from low to high.

    `name` is the event's; "" for raw bytes and for gaps (kind 2), None where the schema can't be read.
    """

    process: int
    kind: int
    count: int
    low: int
    high: int
    name: str | None


@dataclass(frozen=True, slots=True)
class Summary:
    """What a segment holds: by lane, and by kind of event where the file says it (a footer does)."""

    lanes: Mapping[int, Extent]
    events: tuple[EventExtent, ...] | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive records of one lane in a segment, at bytes at..at+nbytes; the rest as in Extent.

    A block that holds only a gap counts 0 records, and its `last` is below its `first`.
    """

    lane: int
    at: int
    nbytes: int
    first: int
    last: int
    count: int
    low: int
    high: int


@dataclass(slots=True)
class Index:
    """A segment's blocks by lane, as far as byte `at`; what was wrong on the way there. Can go on from `at`."""

    at: int = 0
    blocks: dict[int, list[Block]] = field(default_factory=dict)
    damage: list[Damage] = field(default_factory=list)
    footer_at: int | None = None


class Known:
    """What a directory's files say about lanes and processes, shared by all its segments.

    Not thread-safe. Keeps the indexes of the last few segments, so that memory stays bounded however many there are.
    """

    def __init__(self) -> None:
        self.identities: dict[int, LaneIdentity] = {}
        self.shapes: dict[int, dict[int, Shape]] = {}
        self._indexes: OrderedDict[tuple[int, int, str], Index] = OrderedDict()

    def index(self, key: tuple[int, int, str]) -> Index:
        """The index under this key (device, inode, name), new or known."""
        found = self._indexes.pop(key, None) or Index()
        self._indexes[key] = found
        while len(self._indexes) > _INDEXES_KEPT:
            self._indexes.popitem(last=False)
        return found


class Segment(Protocol):
    """One segment file, opened anew for each look, so that thousands of them cost no file descriptors.

    Each method raises FileDamagedError if the file as a whole is none, and FileNotFoundError if it has gone.
    """

    @property
    def path(self) -> Path:
        """Where it is."""

    @property
    def growing(self) -> bool:
        """Whether it is a .part."""

    def summary(self, report: Report) -> Summary:
        """What is in it; without reading the records if the file says it in its footer."""

    def index(self) -> Index:
        """The blocks; without reading the records if the file has block headers. Damage is listed in it."""

    def load(self, block: Block, report: Report) -> Chunk | None:
        """The block's records; None if nothing is left of them."""


def extents_of(index: Index, processes: Mapping[int, int]) -> dict[int, Extent]:
    """The extents that an index adds up to; `processes`: by lane."""
    return {
        lane: Extent(
            lane,
            processes.get(lane, 0),
            min(block.first for block in blocks),
            max(block.last for block in blocks),
            sum(block.count for block in blocks),
            min(block.low for block in blocks),
            max(block.high for block in blocks),
        )
        for lane, blocks in index.blocks.items()
    }
