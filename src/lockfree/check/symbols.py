"""From offsets in a shared object to functions and source lines, by binutils' addr2line: all of a trace in one call."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Frame", "Symbols", "short"]

_UNKNOWN = "??"


@dataclass(frozen=True, slots=True)
class Frame:
    """A place in the source. file: as the compiler was told, made absolute; "" and line 0 where nothing is known."""

    function: str = ""
    file: str = ""
    line: int = 0

    @property
    def place(self) -> str:
        """`file:line`, short enough for a column."""
        return f"{short(self.file)}:{self.line}" if self.file else ""


class Symbols:
    """The debug information of one library, and the text of the sources that it names.

    Offsets are return addresses, as the runner tells them: one byte less is inside the call. Functions that were
    inlined come as frames of their own. Without addr2line, or without debug information, every frame is unknown.
    """

    def __init__(self, library: Path) -> None:
        self._library = library
        self._frames: dict[int, tuple[Frame, ...]] = {}
        self._texts: dict[str, list[str]] = {}

    def load(self, offsets: Iterable[int]) -> None:
        """Look up many offsets at once; those that were known cost nothing."""
        wanted = sorted({offset for offset in offsets if offset > 0} - self._frames.keys())
        if not wanted:
            return
        self._frames.update((offset, (Frame(),)) for offset in wanted)
        command = ["addr2line", "-e", str(self._library), "-a", "-f", "-i", "-C"]
        asked = "".join(f"{offset - 1:#x}\n" for offset in wanted)
        try:
            done = subprocess.run(command, input=asked, capture_output=True, text=True, errors="replace", check=False)
        except FileNotFoundError:
            return
        for address, frames in _parse(done.stdout.splitlines()):
            self._frames[address + 1] = frames

    def frames(self, offset: int | None) -> tuple[Frame, ...]:
        """The place, innermost function first; what it was inlined into follows."""
        if not offset:
            return (Frame(),)
        self.load([offset])
        return self._frames[offset]

    def chain(self, offset: int | None, stack: Iterable[int] = ()) -> tuple[Frame, ...]:
        """The place and its callers, innermost first."""
        offsets = [offset, *stack] if offset else list(stack)
        self.load(filter(None, offsets))
        return tuple(frame for one in offsets for frame in self.frames(one)) or (Frame(),)

    def text(self, frame: Frame) -> str:
        """The source line, without its indentation; "" where the file can't be read."""
        lines = self.lines(frame.file)
        return lines[frame.line - 1].strip() if 0 < frame.line <= len(lines) else ""

    def lines(self, file: str) -> list[str]:
        """The lines of a source file; none where it can't be read."""
        if file not in self._texts:
            try:
                self._texts[file] = Path(file).read_text(errors="replace").splitlines() if file else []
            except OSError:
                self._texts[file] = []
        return self._texts[file]


def short(file: str) -> str:
    """A path as a person would say it: its name, of an installed header with its folder."""
    parts = Path(file).parts
    if "include" in parts:
        return "/".join(parts[len(parts) - parts[::-1].index("include") :])
    return Path(file).name


def _parse(lines: list[str]) -> Iterator[tuple[int, tuple[Frame, ...]]]:
    """Yield each address with its frames: a line `0x…`, then a function and a `file:line` for each frame."""
    address: int | None = None
    frames: list[Frame] = []
    position = 0
    while position < len(lines):
        if lines[position].startswith("0x"):
            if address is not None:
                yield address, tuple(frames) or (Frame(),)
            address, frames = int(lines[position], 16), []
            position += 1
            continue
        function = lines[position]
        file, _, number = (lines[position + 1] if position + 1 < len(lines) else "").rpartition(":")
        line = number.split(" ")[0]
        known = file not in ("", _UNKNOWN) and line.isdigit()
        frames.append(
            Frame(
                "" if function == _UNKNOWN else function,
                os.path.normpath(file) if known else "",
                int(line) if known else 0,
            )
        )
        position += 2
    if address is not None:
        yield address, tuple(frames) or (Frame(),)
