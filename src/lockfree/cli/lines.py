"""Cutting a byte stream into lines, at a bounded cost of memory whatever the stream holds."""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

__all__ = ["LongLine", "lines_of"]

_READ_BYTES = 1 << 20


class LongLine(NamedTuple):
    """A line that is longer than was allowed: how many bytes it has. Its bytes are gone."""

    nbytes: int


def lines_of(stream: BinaryIO, longest: int) -> Iterator[tuple[list[bytes | LongLine], int]]:
    r"""Yield (lines, bytes read so far). Lines end at \n alone, and come without it; a last line needs none.

    Lines of more than `longest` bytes come as LongLine, without ever being held whole. Every other byte is kept.
    """
    rest: list[bytes] = []
    held = dropped = position = 0
    while data := _read(stream):
        position += len(data)
        first, *others = data.split(b"\n")
        rest.append(first)
        held += len(first)
        if others:
            found = [_finish(rest, held, dropped, longest)]
            *middle, last = others
            found += [line if len(line) <= longest else LongLine(len(line)) for line in middle]
            rest, held, dropped = [last], len(last), 0
            yield found, position
        if held > longest:
            dropped += held
            rest, held = [], 0
    if held or dropped:
        yield [_finish(rest, held, dropped, longest)], position


def _read(stream: BinaryIO) -> bytes:
    # read1 hands over what a pipe has now: a slow stream is ingested as it comes.
    read1 = getattr(stream, "read1", None)
    return read1(_READ_BYTES) if read1 is not None else stream.read(_READ_BYTES)


def _finish(rest: list[bytes], held: int, dropped: int, longest: int) -> bytes | LongLine:
    if dropped or held > longest:
        return LongLine(dropped + held)
    return b"".join(rest)
