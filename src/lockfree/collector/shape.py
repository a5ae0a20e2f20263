"""The shape of a typed event, read from its schema text, and the columns of its records."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["META_FIELDS", "Shape", "parse_shape"]

META_FIELDS = [("_lane", "<u8"), ("_seq", "<u8"), ("_ts", "<i8")]
"""Fields that every batch has behind the event's own: lane id, sequence number, wall ns since 1970."""

_TEXT = re.compile(r"([^\W\d]\w*)\(((?:[^\W\d]\w*:\w+(?:,(?!\)))?)*)\)")
_DTYPES = {"int": "<i8", "float": "<f8", "bool": "?", "str": "O", "bytes": "O"}


@dataclass(frozen=True)
class Shape:
    """An event's name and its fields in order: (name, type), type one of int, float, bool, str, bytes."""

    name: str
    fields: tuple[tuple[str, str], ...]

    @property
    def dtype(self) -> np.dtype[Any]:
        """One numpy field per field (int: i8, float: f8, bool, str and bytes: object), then META_FIELDS."""
        own = [(name, _DTYPES[kind]) for name, kind in self.fields]
        taken = {name for name, _ in own}
        return np.dtype(own + [field for field in META_FIELDS if field[0] not in taken])

    def fits(self, data: bytes, offsets: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each payload is long enough for its slots and its texts lie inside it."""
        good = lengths >= 8 * len(self.fields)
        words = np.frombuffer(data, "<u8", len(data) // 8)
        for slot, (_, kind) in enumerate(self.fields):
            if kind in {"str", "bytes"}:
                value = words[np.where(good, offsets // 8 + slot, 0)]
                good &= (value & np.uint64(0xFFFFFFFF)).astype(np.int64) + (value >> np.uint64(32)).astype(
                    np.int64
                ) <= lengths
        return good

    def fill(self, out: NDArray[Any], rows: NDArray[np.intp], data: bytes, offsets: NDArray[np.int64]) -> None:
        """Put the payloads at `offsets` of `data` (multiples of 8; all must fit) into `out[rows]`, field by field.

        Fixed slots are one gather per field; a text costs one slice each.
        """
        words = np.frombuffer(data, "<u8", len(data) // 8)
        for slot, (name, kind) in enumerate(self.fields):
            values = words[offsets // 8 + slot]
            if kind == "int":
                out[name][rows] = values.view(np.int64)
            elif kind == "float":
                out[name][rows] = values.view(np.float64)
            elif kind == "bool":
                out[name][rows] = values != 0
            else:
                starts = (values & np.uint64(0xFFFFFFFF)).astype(np.int64) + offsets
                ends = starts + (values >> np.uint64(32)).astype(np.int64)
                pieces: list[Any] = [data[a:b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
                if kind == "str":
                    pieces = [piece.decode("utf-8", "surrogateescape") for piece in pieces]
                column = np.empty(len(pieces), object)
                column[:] = pieces
                out[name][rows] = column

    def mappings(self, rows: NDArray[Any]) -> list[Mapping[str, Any]]:
        """Each row of a batch as {field: Python value}, without META_FIELDS."""
        names = [name for name, _ in self.fields]
        columns = [rows[name].tolist() for name in names]
        if not names:
            return [{} for _ in range(len(rows))]
        return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


@lru_cache(maxsize=1024)
def parse_shape(text: str) -> Shape:
    """Read a schema text such as `click(uid:str,item:int,price:float)`. Raises ValueError for anything else."""
    match = _TEXT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a schema: name(field:type,...) is expected")
    pairs = [piece.split(":") for piece in match[2].split(",") if piece]
    fields = tuple((name, kind) for name, kind in pairs)
    unknown = sorted({kind for _, kind in fields} - _DTYPES.keys())
    if unknown:
        raise ValueError(f"{text!r} has a field of type {unknown[0]}; the types are {', '.join(_DTYPES)}")
    if len({name for name, _ in fields}) != len(fields):
        raise ValueError(f"{text!r} has two fields of one name")
    return Shape(match[1], fields)
