"""Atomic operations by the place in the source that they stand at: the runner knows them by return address.

A `static inline` function that isn't inlined is one copy in each object, one that is inlined many: all copies of an
operation are one place. Where a line holds several alike, they are told apart by their order in it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lockfree.check import shipped
from lockfree.check.build import include_folders
from lockfree.check.labels import Site as Statement
from lockfree.check.labels import read_sites, split
from lockfree.check.report import Checked, Target
from lockfree.check.result import Site
from lockfree.check.symbols import Symbols

__all__ = ["Place", "Places", "find_places", "of_the_program", "of_the_structures", "own_headers"]

_INCLUDE = re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]', re.MULTILINE)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """An atomic operation or fence. nth: which of those alike on its line, from 0; failure: of a compare-exchange."""

    file: str
    line: int
    kind: str
    order: str
    failure: str = ""
    nth: int = 0

    def __str__(self) -> str:
        orders = f"{self.order}/{self.failure}" if self.failure else self.order
        which = f" (number {self.nth + 1} there)" if self.nth else ""
        return f"{Path(self.file).name}:{self.line} {self.kind} {orders}{which}"


@dataclass(slots=True)
class Places:
    """What a structure's scenarios ran. offsets: of each place, by target; ran: the scenarios that came by."""

    offsets: dict[Place, dict[int, set[int]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    ran: dict[Place, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    at: dict[tuple[int, int], Place] = field(default_factory=dict)
    _statements: dict[str, list[Statement]] = field(default_factory=dict)

    def statements(self, file: str) -> list[Statement]:
        """Those of a file with atomic operations, and what the comments above them say."""
        if file not in self._statements:
            try:
                code, comments = split(Path(file).read_text(errors="replace"))
            except OSError:
                code, comments = "", []
            self._statements[file] = read_sites(code, comments, [])
        return self._statements[file]

    def statement(self, place: Place) -> Statement | None:
        """That of the place; None where none is known. A membarrier speaks through the fence that stands below it."""
        if place.kind == "heavy-fence":
            return next((one for one in self.statements(place.file) if one.fences and one.first > place.line), None)
        return next((one for one in self.statements(place.file) if one.first <= place.line <= one.last), None)


def find_places(targets: Sequence[Target], checked: Iterable[Checked], wanted: Callable[[str], bool]) -> Places:
    """The places of the checks' sites, in the files that are wanted."""
    found = Places()
    numbers = {id(target): number for number, target in enumerate(targets)}
    symbols = {number: Symbols(target.built.library) for number, target in enumerate(targets)}
    sites: dict[int, dict[int, Site]] = defaultdict(dict)
    seen: dict[tuple[int, int], list[str]] = defaultdict(list)
    for one in checked:
        number = numbers[id(one.target)]
        for site in one.result.sites:
            sites[number][site.offset] = site
            seen[number, site.offset].append(one.result.scenario)
    for number, by_offset in sites.items():
        symbols[number].load(by_offset)
        alike: dict[tuple[object, ...], int] = defaultdict(int)
        for offset, site in sorted(by_offset.items()):
            frames = symbols[number].frames(offset)
            if not frames[0].file or not wanted(frames[0].file):
                continue
            start = (frames[0].file, frames[0].line, site.kind, site.order, site.failure)
            copy = (*start, frames[0].function, *frames[1:])
            place = Place(*start, nth=alike[copy])
            alike[copy] += 1
            found.at[number, offset] = place
            found.offsets[place][number].add(offset)
            for scenario in seen[number, offset]:
                if (number, scenario) not in found.ran[place]:
                    found.ran[place].append((number, scenario))
    return found


def of_the_structures(what: Sequence[str]) -> Callable[[str], bool]:
    """Whether a file is what is under test: a shipped structure's headers, or the files of a user's program."""
    if not all(word in shipped.names() for word in what):
        return of_the_program
    headers = {str(path) for path in own_headers(what)}
    return lambda file: str(Path(file).resolve()) in headers


def of_the_program(file: str) -> bool:
    """Whether a file is neither of the system nor one of our headers."""
    path = Path(file).resolve()
    ours = (folder.resolve() for folder in include_folders())
    return not str(path).startswith("/usr/") and not any(folder in path.parents for folder in ours)


def own_headers(what: Sequence[str]) -> list[Path]:
    """The headers of shipped structures, and those of ours that they include."""
    folders = include_folders()
    waiting = [f"lockfree/{name}.h" for name in what]
    files: list[Path] = []
    while waiting:
        name = waiting.pop(0)
        for path in ((folder / name).resolve() for folder in folders):
            if path in files or not path.is_file():
                continue
            files.append(path)
            waiting += [
                included if included.startswith("lockfree/") else f"{Path(name).parent}/{included}"
                for included in _INCLUDE.findall(path.read_text())
            ]
    return files
