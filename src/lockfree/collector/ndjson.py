"""NDJSON segments: one record a line. There is nothing but the lines, so finding a block means reading them."""

import base64
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .blocks import Block, Index, Known, Summary, extents_of
from .damage import Damage, Report
from .gap import Gap, gap_of_json
from .record import GAP, RAW, UNKNOWN, Body, Chunk
from .shape import Shape

__all__ = ["TextChunk", "TextSegment"]

_HEAD = re.compile(rb'\{"lane":"([0-9a-f]{16})","seq":([0-9]{1,20}),"ts":(-?[0-9]{1,19}),')
_GAP_HEAD = re.compile(rb'\{"gap":\{"lane":"([0-9a-f]{16})","before":([0-9]{1,20}),"ts":(-?[0-9]{1,19}),')
_READ_BYTES = 1 << 20
_BLOCK_LINES = 4096


@dataclass(frozen=True, slots=True)
class TextChunk:
    """A chunk of parsed lines. Shapes are inferred from the values, for the lines do not carry them."""

    lane: int
    seq: NDArray[np.uint64]
    ts: NDArray[np.int64]
    code: NDArray[np.int16]
    shapes: Sequence[Shape]
    content: Sequence[Body]
    gaps: Mapping[int, Gap]

    def keep(self, mask: NDArray[np.bool_]) -> "TextChunk":
        """The rows where mask holds."""
        content = [body for body, wanted in zip(self.content, mask.tolist(), strict=True) if wanted]
        return replace(self, seq=self.seq[mask], ts=self.ts[mask], code=self.code[mask], content=content)

    def bodies(self, rows: NDArray[np.intp]) -> list[Body]:
        """What these rows say, in their order."""
        return [self.content[row] for row in rows.tolist()]

    def fill(self, out: NDArray[Any], to: NDArray[np.intp], rows: NDArray[np.intp], shape: Shape) -> None:
        """Put the fields of `rows`, all of this shape, into `out[to]`."""
        fields = [self.content[row].fields or {} for row in rows.tolist()]
        for name, kind in shape.fields:
            missing: Any = float("nan") if kind == "float" else None
            values = [missing if field[name] is None else field[name] for field in fields]
            column = np.empty(len(values), out.dtype[name])
            column[:] = values
            out[name][to] = column


@dataclass(frozen=True, slots=True)
class TextSegment:
    """A `.ndjson` file, finished or (`.ndjson.part`) growing."""

    path: Path
    known: Known

    @property
    def growing(self) -> bool:
        """Whether the file is a .part: its last line may be torn without anything being lost."""
        return self.path.suffix == ".part"

    def summary(self, report: Report) -> Summary:
        """By lane; reads the file."""
        index = self.index()
        for damage in index.damage:
            report(damage)
        return Summary(extents_of(index, {}))

    def index(self) -> Index:
        """The blocks; reads what was added to the file since the last time."""
        fd = _open(self.path)
        try:
            status = os.fstat(fd)
            key = (status.st_dev, status.st_ino, self.path.name.removesuffix(".part"))
            index = self.known.index(key)
            for block in _blocks(self._lines(fd, index)):
                index.blocks.setdefault(block.lane, []).append(block)
        finally:
            os.close(fd)
        return index

    def load(self, block: Block, report: Report) -> Chunk | None:
        """The block's records; lines that are no JSON of ours are reported and stepped over."""
        fd = _open(self.path)
        try:
            raw = os.pread(fd, block.nbytes, block.at)
        finally:
            os.close(fd)
        rows: list[tuple[int, int, Body | Gap]] = []
        at = block.at
        for line in raw.split(b"\n")[:-1]:
            try:
                rows.append(_parse(line, block.lane))
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                report(Damage(self.path, f"a line is not a record: {error}", at, block.lane))
            at += len(line) + 1
        return _chunk(block.lane, rows) if rows else None

    def _lines(self, fd: int, index: Index) -> Iterator["_Line"]:
        """Each line from index.at on, which moves along."""
        rest = b""
        while data := os.pread(fd, _READ_BYTES, index.at + len(rest)):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                event = _HEAD.match(line)
                head = event or _GAP_HEAD.match(line)
                if head is None or not line.endswith(b"}") or int(head[2]) >= 2**64 or abs(int(head[3])) >= 2**63:
                    index.damage.append(Damage(self.path, f"a line is not a record: {line[:60]!r}", index.at))
                else:
                    yield _Line(
                        int(head[1], 16), int(head[2]), int(head[3]), index.at, len(line) + 1, event is not None
                    )
                index.at += len(line) + 1
        if rest and not self.growing:
            index.damage.append(Damage(self.path, f"truncated: the last line, {len(rest)} bytes, has no end", index.at))
            index.at += len(rest)


def _open(path: Path) -> int:
    """Open for reading; a .part that was finished meanwhile is opened under its new name."""
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        if path.suffix != ".part":
            raise
        return os.open(path.with_suffix(""), os.O_RDONLY | os.O_CLOEXEC)


class _Line(NamedTuple):
    """A line by its first bytes; a gap's `seq` is the number of the event behind it."""

    lane: int
    seq: int
    ts: int
    at: int
    nbytes: int
    is_event: bool


def _blocks(lines: Iterator[_Line]) -> Iterator[Block]:
    """Lines of one lane that follow each other in number and place, a few thousand at most, as blocks."""
    run: Block | None = None
    for lane, seq, ts, at, nbytes, is_event in lines:
        last, count = (seq, 1) if is_event else (seq - 1, 0)
        if (
            run is not None
            and run.lane == lane
            and seq == run.last + 1
            and at == run.at + run.nbytes
            and run.count < _BLOCK_LINES
        ):
            run = Block(
                lane,
                run.at,
                run.nbytes + nbytes,
                run.first,
                last,
                run.count + count,
                min(run.low, ts),
                max(run.high, ts),
            )
            continue
        if run is not None:
            yield run
        run = Block(lane, at, nbytes, seq, last, count, ts, ts)
    if run is not None:
        yield run


def _parse(line: bytes, lane: int) -> tuple[int, int, Body | Gap]:
    value = json.loads(line)
    if "gap" in value:
        gap = gap_of_json(lane, value["gap"])
        return gap.seq, gap.ts, gap
    if int(value["lane"], 16) != lane:
        raise ValueError("its lane is another one than its first bytes say")
    seq, ts, event = value["seq"], value["ts"], value["event"]
    if not (isinstance(seq, int) and isinstance(ts, int) and 0 <= seq < 2**64 and -(2**63) <= ts < 2**63):
        raise ValueError("seq or ts is not a number in range")
    if event is not None:
        if not isinstance(event, str):
            raise ValueError("event is no name")
        if "payload_base64" not in value:
            if not isinstance(value["data"], dict):
                raise ValueError("data is no object")
            return seq, ts, Body(event, b"", value["data"])
        event = "?"  # its bytes contradict its schema
    if "payload_base64" in value:
        payload = base64.b64decode(value["payload_base64"], validate=True)
    else:
        payload = value["payload"].encode()
    return seq, ts, Body(event, payload, None)


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return "int"
    return "float" if value is None or isinstance(value, float) else "str"


def _chunk(lane: int, rows: list[tuple[int, int, Body | Gap]]) -> TextChunk:
    gaps = {seq: body for seq, _, body in rows if isinstance(body, Gap)}
    content = [Body(None, b"", None) if isinstance(body, Gap) else body for _, _, body in rows]
    kinds: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for body in content:
        if body.fields is None or body.event is None:
            continue
        found = [_kind(value) for value in body.fields.values()]
        known = kinds.setdefault((body.event, tuple(body.fields)), found)
        for index, (old, new) in enumerate(zip(known, found, strict=True)):
            if old != new:
                known[index] = "float" if {old, new} == {"int", "float"} else "str"
    codes = {key: code for code, key in enumerate(kinds)}
    code = [
        (RAW if body.event is None else UNKNOWN)
        if body.fields is None or body.event is None
        else codes[body.event, tuple(body.fields)]
        for body in content
    ]
    code = [GAP if isinstance(row[2], Gap) else known for row, known in zip(rows, code, strict=True)]
    return TextChunk(
        lane,
        np.array([row[0] for row in rows], np.uint64),
        np.array([row[1] for row in rows], np.int64),
        np.array(code, np.int16),
        [Shape(event, tuple(zip(names, kinds[event, names], strict=True))) for event, names in kinds],
        content,
        gaps,
    )
