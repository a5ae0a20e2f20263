"""Many lanes, one order: by time, then lane, then number, without ever turning a lane's own order round.

A lane's clock may be corrected between two blocks, so that times in a lane are almost, not always, ascending. The key
of the order is therefore the largest time so far in the lane; the records keep their own times.
"""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .record import Chunk

__all__ = ["Batch", "Stream", "merge"]


class Stream(NamedTuple):
    """One lane's chunks in the order of its numbers; nothing in it is older than `floor` (wall ns)."""

    floor: int
    lane: int
    chunks: Iterator[Chunk]


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows in order: row i is row `row[i]` of `chunks[chunk[i]]`."""

    chunks: list[Chunk]
    chunk: NDArray[np.intp]
    row: NDArray[np.intp]


@dataclass(slots=True)
class _Cursor:
    stream: Stream
    chunk: Chunk | None = None
    key: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    start: int = 0
    top: int = -(2**63)

    def advance(self) -> bool:
        """Go to the next chunk that has rows; False at the end."""
        for chunk in self.stream.chunks:
            if len(chunk.seq):
                self.chunk, self.start = chunk, 0
                self.key = np.maximum(np.maximum.accumulate(chunk.ts), self.top)
                self.top = int(self.key[-1])
                return True
        return False

    def take(self, bound: tuple[int, int]) -> slice:
        """The rows not taken yet whose (key, lane) is not above the bound."""
        side: str = "right" if self.stream.lane <= bound[1] else "left"
        stop = int(np.searchsorted(self.key, bound[0], side))  # type: ignore[call-overload]
        rows = slice(self.start, stop)
        self.start = stop
        return rows


def merge(streams: Iterable[Stream]) -> Iterator[Batch]:
    """Batches in order. Holds one chunk of each lane that is under way: a lane is opened when its time comes."""
    waiting = [(stream.floor, stream.lane, stream) for stream in streams]
    heapq.heapify(waiting)
    cursors: list[_Cursor] = []
    while waiting or cursors:
        bound = min(((cursor.top, cursor.stream.lane) for cursor in cursors), default=None)
        while waiting and (bound is None or waiting[0][0] <= bound[0]):
            cursor = _Cursor(heapq.heappop(waiting)[2])
            if cursor.advance():
                cursors.append(cursor)
                mark = (cursor.top, cursor.stream.lane)
                bound = mark if bound is None else min(bound, mark)
        if bound is None:
            return
        yield _collect(cursors, bound)
        cursors = [cursor for cursor in cursors if cursor.start < len(cursor.key) or cursor.advance()]


def _collect(cursors: list[_Cursor], bound: tuple[int, int]) -> Batch:
    chunks: list[Chunk] = []
    keys: list[NDArray[np.int64]] = []
    rows: list[NDArray[np.intp]] = []
    for cursor in cursors:
        taken = cursor.take(bound)
        if cursor.chunk is not None and taken.stop > taken.start:
            chunks.append(cursor.chunk)
            keys.append(cursor.key[taken])
            rows.append(np.arange(taken.start, taken.stop))
    which = np.repeat(np.arange(len(chunks)), [len(part) for part in rows])
    row = np.concatenate(rows)
    if len(chunks) == 1:
        return Batch(chunks, which, row)
    lanes = np.array([chunk.lane for chunk in chunks], np.uint64)[which]
    seqs = np.concatenate([chunk.seq[part] for chunk, part in zip(chunks, rows, strict=True)])
    order = np.lexsort((seqs, lanes, np.concatenate(keys)))
    return Batch(chunks, which[order], row[order])
