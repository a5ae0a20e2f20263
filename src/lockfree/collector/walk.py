"""Finding the records in a stretch of bytes, over damage too."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lockfree._binding import records_scan

from . import layout

__all__ = ["REF", "Walk", "walk"]

REF = np.dtype([("seq", "<u8"), ("ticks", "<u8"), ("offset", "<u8"), ("len", "<u4"), ("kind", "<u4")])
"""lf_record_ref: `offset` and `len` are the payload's, in bytes from the start of what was scanned."""

_WINDOW_WORDS = 512
_CHECK_FACTOR = 16
"""Bytes checksummed at most for one byte of damage, so that hostile bytes can't make a reader slow."""


@dataclass(frozen=True, slots=True)
class Walk:
    """`refs` (dtype REF): the valid records in the order of their bytes; `holes`: (offset, bytes) between them."""

    refs: NDArray[np.void]
    holes: list[tuple[int, int]]


def _scan(data: memoryview, at: int, end: int, nonce: int, seq: int) -> NDArray[np.void]:
    refs = np.frombuffer(records_scan(data[at:end], nonce, seq), REF)
    if at and len(refs):
        refs = refs.copy()
        refs["offset"] += np.uint64(at)
    return refs


def _end(refs: NDArray[np.void]) -> int:
    last = refs[-1]
    return (int(last["offset"]) + int(last["len"]) + 7) & ~7


def _likely(
    words: NDArray[np.uint64], window: slice, seqs: tuple[int, int]
) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Word indices in the window where a record with a number within seqs may start, and its length field."""
    numbers = words[window.start + 1 : window.stop + 1]
    starts = np.arange(window.start, window.start + len(numbers))
    lengths = (words[starts] & np.uint64(layout.LENGTH_MASK)).astype(np.int64)
    low, high = (np.uint64(min(seq, 2**64 - 1)) for seq in seqs)
    likely = (numbers >= low) & (numbers <= high) & (lengths >= 16) & (lengths <= 8 * (len(words) - 1 - starts))
    return starts[likely], lengths[likely]


class _Resume:
    """Finds the next record after damage, at a cost that the distance bounds."""

    def __init__(self, data: memoryview, nonce: int) -> None:
        self._data = data
        self._nonce = nonce
        self._words = np.frombuffer(data, "<u8", len(data) // 8)
        self._budget = _CHECK_FACTOR * len(data)

    def after(self, start: int, seqs: tuple[int, int]) -> int | None:
        """The next offset from `start` at which a record stands whose number lies in seqs (both included)."""
        at, step = start // 8, _WINDOW_WORDS
        while at < len(self._words) - 2:
            indices, lengths = _likely(self._words, slice(at, at + step), seqs)
            index: int
            for index, length in zip(indices.tolist(), lengths.tolist(), strict=True):
                self._budget -= length
                if self._budget < 0:
                    return None
                stop = 8 * index + 8 + ((length + 7) & ~7)
                if len(_scan(self._data, 8 * index, stop, self._nonce, int(self._words[index + 1]))):
                    return 8 * index
            at, step = at + step, 2 * step
        return None


def walk(data: bytes, nonce: int, seqs: tuple[int, int], *, padding: bool = False) -> Walk:
    """Find the records of the lane with this nonce; the first is expected to have the number seqs[0].

    What follows a damaged record is found again by a number within `seqs` and its checksum. A valid record with a
    number that is not the next one is returned as it stands: the caller sees doubles and gaps in `refs["seq"]`.
    padding: the bytes are a lane's, and may end in padding up to the buffer's edge.
    """
    view = memoryview(data)
    resume: _Resume | None = None
    end = len(data) & ~7
    runs: list[NDArray[np.void]] = []
    holes: list[tuple[int, int]] = []
    at, expected = 0, seqs[0]
    while end - at >= layout.RECORD_HEADER_BYTES:
        if padding and data[at + 3] == layout.KIND_PADDING:
            return _walk(runs, holes)
        refs = _scan(view, at, end, nonce, expected)
        if not len(refs):
            refs = _scan(view, at, end, nonce, 0)
        if not len(refs):
            resume = resume or _Resume(view, nonce)
            found = resume.after(at + 8, (expected, seqs[1]))
            holes.append((at, (end if found is None else found) - at))
            if found is None:
                return _walk(runs, holes)
            at = found
            continue
        runs.append(refs)
        at, expected = _end(refs), int(refs[-1]["seq"]) + (1 if refs[-1]["kind"] != layout.KIND_GAP else 0)
    if at < len(data) and not (padding and end - at >= 8 and data[at + 3] == layout.KIND_PADDING):
        holes.append((at, len(data) - at))
    return _walk(runs, holes)


def _walk(runs: list[NDArray[np.void]], holes: list[tuple[int, int]]) -> Walk:
    if len(runs) == 1:
        return Walk(runs[0], holes)
    return Walk(np.concatenate(runs) if runs else np.empty(0, REF), holes)
