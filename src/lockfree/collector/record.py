"""Records, one by one and in chunks of one lane."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from .gap import Gap
from .shape import Shape

__all__ = ["GAP", "RAW", "UNKNOWN", "BinaryChunk", "Body", "Chunk", "Record", "keys", "numbered"]

RAW = -1
"""Shape code of a record that is bytes."""
UNKNOWN = -2
"""Shape code of a typed record whose schema is missing or contradicts it: its bytes are handed over as they are."""

GAP = -3
"""Shape code of a GAP record: no event, but how many were dropped before the next one, whose number it has."""


class Body(NamedTuple):
    """What a record says: `payload` if it is raw, `fields` if it is typed."""

    event: str | None
    payload: bytes
    fields: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Record:
    """One event as it was accepted.

    `lane`: the 64-bit lane id; `seq`: its number in the lane, dense from 1; `ts`: wall ns since 1970 at emit;
    `event`: the typed event's name or None; `payload`: the bytes of a raw event (b"" for a typed one); `fields`:
    a typed event's fields, else None. (lane, seq) identifies a record for ever.
    """

    lane: int
    seq: int
    ts: int
    event: str | None
    payload: bytes
    fields: Mapping[str, Any] | None = None


class Chunk(Protocol):
    """Records of one lane with ascending numbers. `seq` uint64, `ts` int64 wall ns, `code` int16 into `shapes`.

    A row of code GAP is no event: it has the number of the event that follows; `gaps` has what it says.
    """

    @property
    def lane(self) -> int:
        """Lane id."""

    @property
    def seq(self) -> NDArray[np.uint64]:
        """Numbers."""

    @property
    def ts(self) -> NDArray[np.int64]:
        """Wall ns since 1970."""

    @property
    def code(self) -> NDArray[np.int16]:
        """Index into shapes, or RAW, UNKNOWN or GAP."""

    @property
    def shapes(self) -> Sequence[Shape]:
        """Shapes of typed events."""

    @property
    def gaps(self) -> Mapping[int, Gap]:
        """By number."""

    def keep(self, mask: NDArray[np.bool_]) -> "Chunk":
        """The rows where mask holds."""

    def bodies(self, rows: NDArray[np.intp]) -> list[Body]:
        """What these rows say, in their order."""

    def fill(self, out: NDArray[Any], to: NDArray[np.intp], rows: NDArray[np.intp], shape: Shape) -> None:
        """Put the fields of `rows`, all of this shape, into `out[to]`."""


def numbered(chunk: Chunk) -> NDArray[np.uint64]:
    """The numbers of the chunk's events."""
    return chunk.seq[chunk.code != GAP] if chunk.gaps else chunk.seq


def keys(chunk: Chunk) -> NDArray[np.uint64]:
    """What tells the lane's rows apart, in their order: 2 * seq for a gap, 2 * seq + 1 for the event behind it."""
    found: NDArray[np.uint64] = chunk.seq * np.uint64(2) + (chunk.code != GAP).astype(np.uint64)
    return found


@dataclass(frozen=True, slots=True)
class BinaryChunk:
    """A chunk over the bytes of a block or of a lane: nothing is copied before it is asked for."""

    lane: int
    seq: NDArray[np.uint64]
    ts: NDArray[np.int64]
    code: NDArray[np.int16]
    shapes: Sequence[Shape]
    data: bytes
    offset: NDArray[np.int64]
    length: NDArray[np.int64]
    kind: NDArray[np.uint32]
    gaps: dict[int, Gap]

    def keep(self, mask: NDArray[np.bool_]) -> "BinaryChunk":
        """The rows where mask holds."""
        if mask.all():
            return self
        return replace(
            self,
            seq=self.seq[mask],
            ts=self.ts[mask],
            code=self.code[mask],
            offset=self.offset[mask],
            length=self.length[mask],
            kind=self.kind[mask],
        )

    def bodies(self, rows: NDArray[np.intp]) -> list[Body]:
        """What these rows say, in their order."""
        starts = self.offset[rows]
        ends = (starts + self.length[rows]).tolist()
        codes = self.code[rows]
        data = self.data
        pieces = [data[a:b] for a, b in zip(starts.tolist(), ends, strict=True)]
        found = list(map(Body, repeat(None), pieces, repeat(None)))
        for code in np.unique(codes).tolist():
            if code in {RAW, GAP}:
                continue
            at = np.flatnonzero(codes == code)
            if code == UNKNOWN:
                for index in at.tolist():
                    found[index] = found[index]._replace(event="?")
                continue
            shape = self.shapes[code]
            out = np.empty(len(at), shape.dtype)
            shape.fill(out, np.arange(len(at)), data, starts[at])
            for index, fields in zip(at.tolist(), shape.mappings(out), strict=True):
                found[index] = Body(shape.name, b"", fields)
        return found

    def fill(self, out: NDArray[Any], to: NDArray[np.intp], rows: NDArray[np.intp], shape: Shape) -> None:
        """Put the fields of `rows`, all of this shape, into `out[to]`."""
        shape.fill(out, to, self.data, self.offset[rows])
