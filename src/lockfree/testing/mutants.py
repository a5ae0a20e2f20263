"""Copies of the shipped headers with one fault each: what a search must find, so that finding nothing means something.

A mutant is a TOML file: `header` (as included; `file` where it is none), `reason` (a sentence: what goes wrong and
when), and one or more `[[patch]]` tables of `old` and `new`. Every `old` must stand in the shipped source exactly once,
so that a mutant whose place has changed is an error and never a test of nothing.
"""

from __future__ import annotations

import os
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path


class StaleMutantError(AssertionError):
    """The text that a mutant replaces is not in the header exactly once."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: where, why, and the exact replacements."""

    name: str
    header: str
    reason: str
    patches: tuple[tuple[str, str], ...]

    @property
    def structure(self) -> str:
        """The structure that the header implements, as `NativeExecutor` calls it."""
        return Path(self.header).stem

    def apply(self, include: str | os.PathLike[str], into: str | os.PathLike[str]) -> Path:
        """Copy the headers from `include` into the new directory `into`, put the fault in, and return `into`."""
        target = Path(into)
        shutil.copytree(Path(include) / "lockfree", target / "lockfree")
        path = target / self.header
        path.write_text(self.patched(path.read_text()))
        return target

    def patched(self, text: str) -> str:
        """Return the file's text with the fault in it; raise `StaleMutantError` where the place is not there."""
        for old, new in self.patches:
            if text.count(old) != 1:
                message = (
                    f"mutant {self.name}: its text stands {text.count(old)} times in {self.header}, not once;"
                    f" renew the patch:\n{old}"
                )
                raise StaleMutantError(message)
            text = text.replace(old, new)
        return text


def load_mutants(directory: str | os.PathLike[str]) -> list[Mutant]:
    """Return the mutants of a directory, by name."""
    return [_load(path) for path in sorted(Path(directory).glob("*.toml"))]


def _load(path: Path) -> Mutant:
    data = tomllib.loads(path.read_text())
    patches = tuple((patch["old"], patch["new"]) for patch in data["patch"])
    return Mutant(name=path.stem, header=data.get("header") or data["file"], reason=data["reason"], patches=patches)
