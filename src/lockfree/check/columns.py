"""A story on the terminal: a column for each thread, time downwards, the line of the program over what it did."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

from lockfree.check.story import Step, Story

__all__ = ["draw"]

_NARROWEST = 30
_WIDE = 70
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
    before: Step | None = None
    for step in story.steps:
        again = before is not None and (before.column, before.frame) == (step.column, step.frame)
        lines += _row(step, margin, cell, paint, again=again)
        before = step
    return "\n".join(lines)


def _row(step: Step, margin: int, cell: int, paint: Callable[[str, str], str], *, again: bool) -> list[str]:
    """A step's lines. again: the line of the program is that of the row above, and not said twice."""
    indent = " " * (margin + step.column * cell)
    source = _source(step, cell - 2) if not again else []
    did = textwrap.wrap(step.did, cell - 4, break_on_hyphens=False) or [""]
    label = f"{_MARKS[step.mark]} #{step.number}"
    painted = [paint(line, _DIM) for line in source] + [f"  {paint(line, _COLOURS[step.mark])}" for line in did]
    first = paint(label.ljust(margin), _COLOURS[step.mark]) + " " * (step.column * cell)
    return [f"{first if place == 0 else indent}{line}" for place, line in enumerate(painted)]


def _source(step: Step, width: int) -> list[str]:
    """The place and the text of the line, on one line or on two."""
    if not step.frame.file:
        return []
    place = f"{step.frame.place}  {step.source}"
    if len(place) <= width or width >= _WIDE:
        return [_cut(place, width)]
    return [_cut(step.frame.place, width), _cut(step.source, width)]


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _plain(text: str, _: str) -> str:
    return text


def _paint(text: str, code: str) -> str:
    return text if code == "0" else f"\x1b[{code}m{text}\x1b[0m"
