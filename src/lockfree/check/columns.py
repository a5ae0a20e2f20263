"""A story on the terminal: a column for each thread, time downwards, the line of the program over what it did."""

from __future__ import annotations

import textwrap

from lockfree.check.story import Step, Story

__all__ = ["draw"]

_NARROWEST = 30
_MARKS = {"fault": "✗", "race": "✗", "stale": "◦", "": " "}
_COLOURS = {"fault": "31;1", "race": "31", "stale": "33", "": "0"}
_DIM, _BOLD = "2", "1"


def draw(story: Story, width: int, *, colour: bool = False) -> str:
    """The picture, at most `width` wide where the columns allow it: each is at least 30. Ends without a newline."""
    columns = max(len(story.threads), 1)
    margin = len(str(len(story.steps))) + 4
    cell = max((width - margin) // columns, _NARROWEST)
    paint = _paint if colour else _plain
    heads = "".join(f"{name[: cell - 2]:<{cell}}" for name in story.threads)
    lines = [paint(" " * margin + heads.rstrip(), _BOLD)]
    lines.append(" " * margin + "".join(("─" * (cell - 2)).ljust(cell) for _ in story.threads).rstrip())
    if story.folded:
        lines.append(paint(f"{' ' * margin}({story.folded} steps without a part in it are left out)", _DIM))
    for step in story.steps:
        lines += _row(step, margin, cell, paint)
    return "\n".join(lines)


def _row(step: Step, margin: int, cell: int, paint: object) -> list[str]:
    assert callable(paint)  # noqa: S101 - for the type checker
    indent = " " * (margin + step.column * cell)
    place = f"{step.frame.place}  {step.source}" if step.frame.file else ""
    source = textwrap.shorten(place, cell - 2, placeholder=" …") if place else ""
    did = textwrap.wrap(step.did, cell - 4, break_on_hyphens=False) or [""]
    label = f"{_MARKS[step.mark]} #{step.number}"
    lines = []
    first = f"{label:<{margin}}" + " " * (step.column * cell)
    if source:
        lines.append(paint(label.ljust(margin), _COLOURS[step.mark]) + " " * (step.column * cell) + paint(source, _DIM))
        first = indent
    for line in did:
        lines.append(f"{first}  {paint(line, _COLOURS[step.mark])}")
        first = indent
    return lines


def _plain(text: str, _: str) -> str:
    return text


def _paint(text: str, code: str) -> str:
    return text if code == "0" else f"\x1b[{code}m{text}\x1b[0m"
