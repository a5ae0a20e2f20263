"""A plain table: numbers to the right, words to the left."""

from collections.abc import Iterable, Sequence

__all__ = ["size", "table"]


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The rows under their heads, columns two spaces apart; ints get thousands separators."""
    shown = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in (list(r) for r in rows)]
    right = [all(cell.replace(",", "").isdigit() for cell in column) for column in zip(*shown, strict=True)]
    right = right or [False] * len(head)
    widths = [max(map(len, column)) for column in zip(head, *shown, strict=True)]
    lines = []
    for row in [list(head), *shown]:
        cells = [
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def size(nbytes: float) -> str:
    """Bytes for people: 12 B, 3.4 KiB, 64.0 MiB."""
    if nbytes < 1024:
        return f"{int(nbytes)} B"
    for unit in ("KiB", "MiB", "GiB"):
        nbytes /= 1024
        if nbytes < 1024:
            return f"{nbytes:.1f} {unit}"
    return f"{nbytes / 1024:.1f} TiB"
