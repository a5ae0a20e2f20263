"""The scenarios that come with the package, by the name of the structure they check."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

__all__ = ["names", "sources"]


def names() -> tuple[str, ...]:
    """Every structure that has scenarios, sorted."""
    folder = _folder()
    if folder is None:
        return ()
    return tuple(sorted(path.name for path in folder.iterdir() if path.is_dir() and any(path.glob("*.c"))))


def sources(name: str) -> tuple[Path, ...]:
    """The files of a structure's scenarios; empty where there is no such structure."""
    folder = _folder()
    return tuple(sorted((folder / name).glob("*.c"))) if folder is not None and name in names() else ()


def _folder() -> Path | None:
    # By a file in it: an editable install has folders that are no Path.
    found = files("lockfree").joinpath("_checker").joinpath("scenarios").joinpath("marked.h")
    return found.parent if isinstance(found, Path) and found.is_file() else None
