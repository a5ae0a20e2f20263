"""Sizes as people write them: 1048576, "64MiB", "1.5 GB" -> bytes."""

import re

__all__ = ["parse_size"]

_UNITS = {"": 1, "b": 1} | {
    f"{letter}{suffix}": base ** (power + 1)
    for power, letter in enumerate("kmgt")
    for suffix, base in (("ib", 1024), ("b", 1000))
}
_LARGEST = 1 << 62


def parse_size(size: int | str, name: str) -> int:
    """Bytes (1 .. 2^62) that `size` says; `name` is the option's, for the message.

    Raises:
        TypeError: neither int nor str.
        ValueError: not a number and a unit, or out of range.
    """
    if isinstance(size, bool) or not isinstance(size, int | str):
        raise TypeError(f"{name}={size!r}: give bytes as an int, or a str such as '64MiB'")
    if isinstance(size, str):
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*", size, re.ASCII)
        unit = _UNITS.get(match[2].lower()) if match else None
        if match is None or unit is None:
            raise ValueError(
                f"{name}={size!r}: write a number and one of B, KiB, MiB, GiB, TiB, kB, MB, GB, TB, such as '64MiB'"
            )
        number = int(match[1]) * unit if match[1].isdecimal() else int(float(match[1]) * unit)
    else:
        number = size
    if not 1 <= number <= _LARGEST:
        raise ValueError(f"{name}={size!r}: it must be from 1 to 2**62 bytes")
    return number
