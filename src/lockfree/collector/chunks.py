"""From bytes of a block or a lane to a chunk of records."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from . import layout
from .clock import Clock
from .damage import Damage, Report
from .gap import gap_of_record
from .identity import LaneIdentity
from .record import GAP, RAW, UNKNOWN, BinaryChunk
from .shape import Shape
from .walk import walk

__all__ = ["make_chunk"]


def make_chunk(
    data: bytes,
    identity: LaneIdentity,
    clock: Clock,
    seqs: tuple[int, int],
    shapes: Mapping[int, Shape],
    report: Report,
    *,
    path: Path,
    at: int,
    padding: bool = False,
) -> BinaryChunk:
    """Walk `data` (from byte `at` of `path`) for records of this lane numbered within seqs; damage is reported."""
    found = walk(data, identity.nonce, seqs, padding=padding)
    for offset, nbytes in found.holes:
        report(Damage(path, f"{nbytes} bytes are not records of this lane", at + offset, identity.lane))
    refs = found.refs
    lookup = np.full(256, UNKNOWN, np.int16)
    lookup[layout.KIND_RAW] = RAW
    lookup[layout.KIND_GAP] = GAP
    kinds = sorted(shapes)
    for code, kind in enumerate(kinds):
        lookup[kind] = code
    chunk = BinaryChunk(
        lane=identity.lane,
        seq=refs["seq"],
        ts=clock.to_wall(refs["ticks"]),
        code=lookup[refs["kind"]],
        shapes=[shapes[kind] for kind in kinds],
        data=data,
        offset=refs["offset"].astype(np.int64),
        length=refs["len"].astype(np.int64),
        kind=refs["kind"],
        gaps={},
    )
    _read_gaps(chunk, clock)
    for code, shape in enumerate(chunk.shapes):
        rows = np.flatnonzero(chunk.code == code)
        if len(rows):
            chunk.code[rows[~shape.fits(data, chunk.offset[rows], chunk.length[rows])]] = UNKNOWN
    unknown = chunk.code == UNKNOWN
    if unknown.any():
        first = refs[np.flatnonzero(unknown)[0]]
        report(
            Damage(
                path,
                f"{int(unknown.sum())} records of kind {first['kind']} have no schema that fits: shown as bytes",
                at + int(first["offset"]) - layout.RECORD_HEADER_BYTES,
                identity.lane,
                int(first["seq"]),
            )
        )
    return chunk


def _read_gaps(chunk: BinaryChunk, clock: Clock) -> None:
    for row in np.flatnonzero(chunk.code == GAP).tolist():
        at, length, seq = int(chunk.offset[row]), int(chunk.length[row]), int(chunk.seq[row])
        if length == layout.GAP.size:
            chunk.gaps[seq] = gap_of_record(chunk.lane, seq, int(chunk.ts[row]), chunk.data[at : at + length], clock)
        else:
            chunk.code[row] = UNKNOWN
