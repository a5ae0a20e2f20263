"""What an item of a ring looks like in memory: from a dtype to the functions that write and read it."""

import struct
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

__all__ = ["Codec", "codec_of", "raw_codec"]

# dtype's kind and bytes -> the struct module's letter; these need no numpy.
_LETTERS = {
    "i1": "b",
    "u1": "B",
    "i2": "h",
    "u2": "H",
    "i4": "i",
    "u4": "I",
    "i8": "q",
    "u8": "Q",
    "f4": "f",
    "f8": "d",
    "b1": "?",
}
_NAMES = {
    **{f"int{8 * n}": f"i{n}" for n in (1, 2, 4, 8)},
    **{f"uint{8 * n}": f"u{n}" for n in (1, 2, 4, 8)},
    "float32": "f4",
    "float64": "f8",
    "bool": "b1",
    "?": "b1",
}
_PYTHON_TYPES = {int: "i8", float: "f8", bool: "b1"}


@dataclass(frozen=True, slots=True)
class Codec:
    """One kind of item: `size` bytes, written and read by `_core` where `code` is a struct letter."""

    code: str  # struct's letter; "s": bytes of this length; "O": encode and decode
    size: int
    format: str  # of views, as in the buffer protocol
    view_item: int  # bytes of one element of a view
    name: str  # what numpy would call it
    pack: Callable[[list[Any]], bytes]
    unpack: Callable[[bytes], list[Any]]
    numpy: Any  # what numpy.dtype() makes the dtype from
    encode: Callable[[Any], bytes] | None = None
    decode: Callable[[bytes], Any] | None = None


def _number_codec(name: str) -> Codec:
    letter, size = _LETTERS[name], int(name[1:])

    def pack(items: list[Any]) -> bytes:
        try:
            return struct.pack(f"<{len(items)}{letter}", *items)
        except (struct.error, OverflowError) as error:
            raise _bad_number(items, name, letter) from error

    def unpack(data: bytes) -> list[Any]:
        return list(struct.unpack(f"<{len(data) // size}{letter}", data))

    return Codec(letter, size, letter, size, name, pack, unpack, name)


def _bad_number(items: list[Any], name: str, letter: str) -> Exception:
    for item in items:
        try:
            struct.pack(f"<{letter}", item)
        except (struct.error, OverflowError):
            if isinstance(item, (int, float) if letter in "fd" else int):
                return OverflowError(f"{item!r} does not fit an item of dtype {name}: make the ring with a wider dtype")
            return TypeError(f"an item of dtype {name} is a number, not {type(item).__name__}")
    return TypeError(f"items of dtype {name} are numbers")


def raw_codec(size: int) -> Codec:
    """Items are bytes of one length."""

    def pack(items: list[Any]) -> bytes:
        for item in items:
            length = memoryview(item).nbytes
            if length != size:
                raise ValueError(
                    f"an item has {size} bytes, this one {length}: pad it, or use SpscBytes for records of any length"
                )
        return b"".join(items)

    def unpack(data: bytes) -> list[Any]:
        return [data[at : at + size] for at in range(0, len(data), size)]

    return Codec("s", size, "B", 1, f"V{size}", pack, unpack, f"V{size}")


def codec_of(dtype: Any) -> Codec:
    """The codec of anything that numpy takes for a dtype; plain numbers named by a string need no numpy."""
    if isinstance(dtype, type) and dtype in _PYTHON_TYPES:
        return _number_codec(_PYTHON_TYPES[dtype])
    if isinstance(dtype, str):
        bare = dtype.lstrip("<=|") if sys.byteorder == "little" else dtype
        bare = _NAMES.get(bare, bare)
        if bare in _LETTERS:
            return _number_codec(bare)
    import numpy as np

    try:
        kind = np.dtype(dtype)
    except TypeError as error:
        raise TypeError(
            f"{dtype!r} is not a dtype: name one such as 'i8' or 'f8', a numpy dtype, or give itemsize="
        ) from error
    name = f"{kind.kind}{kind.itemsize}"
    if name in _LETTERS and kind.isnative and kind.subdtype is None:
        return _number_codec(name)
    return _numpy_codec(kind)


def _numpy_codec(kind: Any) -> Codec:
    import numpy as np

    if kind.hasobject:
        raise TypeError(
            f"dtype {kind} holds Python objects, whose addresses mean nothing in a ring: use a dtype of plain "
            "numbers, or encode the items (pickle, json) and use SpscBytes"
        )
    if kind.itemsize == 0:
        raise ValueError(f"an item of dtype {kind} has no bytes: give the length, such as 'S16'")
    if kind.subdtype is not None:
        raise TypeError(f"dtype {kind} is an array for each item: name it as a field, np.dtype([('x', {kind})])")

    def encode(item: Any) -> bytes:
        if kind.kind in "SU" and len(item) > kind.itemsize // (4 if kind.kind == "U" else 1):
            raise ValueError(f"{item!r} is longer than dtype {kind}: make the ring with a longer one, or use SpscBytes")
        value = np.array(item, kind)
        if value.shape != ():
            raise TypeError(f"an item of dtype {kind} is one record, such as a tuple of its fields, not {item!r}")
        return value.tobytes()

    def decode(data: bytes) -> Any:
        return np.frombuffer(data, kind)[0]

    def pack(items: list[Any]) -> bytes:
        return b"".join(map(encode, items))

    def unpack(data: bytes) -> list[Any]:
        return list(np.frombuffer(data, kind))

    try:
        empty: Any = np.empty(0, kind)
        view_format, view_item = memoryview(empty).format, kind.itemsize
    except ValueError:  # datetime64 and timedelta64 have no format: their views are bytes
        view_format, view_item = "B", 1
    return Codec("O", kind.itemsize, view_format, view_item, str(kind), pack, unpack, kind, encode, decode)


def check_items(items: Iterable[Any]) -> list[Any]:
    """The items as a list; a string of characters is refused, since it is hardly meant."""
    if isinstance(items, str):
        raise TypeError("a str is not a batch of items: encode it, or put it in a list")
    return items if isinstance(items, list) else list(items)
