"""The arrows of the page: who read whose store, which release an acquire saw, what was missed, what races."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lockfree.check.story import Step, Story

__all__ = ["Grid", "arrows"]

_KINDS = ("reads", "syncs", "missed", "races")


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the boxes are, in pixels: a row for each step, a column for each thread, room between for arrows."""

    columns: int
    rows: int
    box: int = 330
    tall: int = 58
    gap: int = 70
    pitch: int = 70
    head: int = 34

    @property
    def width(self) -> int:
        """Of the picture."""
        return self.columns * (self.box + self.gap)

    @property
    def height(self) -> int:
        """Of the picture."""
        return self.head + self.rows * self.pitch

    def left(self, column: int) -> int:
        """Where a column's boxes begin."""
        return self.gap // 2 + column * (self.box + self.gap)

    def top(self, row: int) -> int:
        """Where a row's box begins."""
        return self.head + row * self.pitch


def arrows(story: Story, grid: Grid) -> str:
    """The SVG that lies over the boxes."""
    markers = "".join(
        f'<marker id="m-{kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
        f'markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path d="M0 0L8 4L0 8z"/></marker>'
        for kind in _KINDS
    )
    rows = {step.number: row for row, step in enumerate(story.steps)}
    paths = "".join(
        f'<path class="{kind}" d="{_curve(story.steps[rows[first]], story.steps[rows[second]], rows, grid)}" '
        f'marker-end="url(#m-{kind})"{_start(kind)}><title>#{first} to #{second}</title></path>'
        for kind, first, second in _edges(story)
    )
    return f'<svg width="{grid.width}" height="{grid.height}"><defs>{markers}</defs>{paths}</svg>'


def _start(kind: str) -> str:
    return f' marker-start="url(#m-{kind})"' if kind == "races" else ""


def _edges(story: Story) -> Iterator[tuple[str, int, int]]:
    """Kind, from, to: between threads only, and a release that was read draws one arrow, not two."""
    column = {step.number: step.column for step in story.steps}
    number = {step.event.id: step.number for step in story.steps}
    for step in story.steps:
        for release in step.synchronizes_with:
            if column[release] != step.column:
                yield "syncs", release, step.number
        read = step.reads_from
        if read is not None and column[read] != step.column and read not in step.synchronizes_with:
            yield "reads", read, step.number
        newest = number.get(step.event.newest) if step.event.stale and step.event.newest is not None else None
        if newest is not None:
            yield "missed", newest, step.number
        rival = number.get(step.event.races_with) if step.event.races_with is not None else None
        if rival is not None:
            yield "races", rival, step.number


def _curve(first: Step, second: Step, rows: dict[int, int], grid: Grid) -> str:
    """From the side of one box to the facing side of the other."""
    y1 = grid.top(rows[first.number]) + grid.tall // 2 + 6
    y2 = grid.top(rows[second.number]) + grid.tall // 2 - 6
    if first.column == second.column:
        x = grid.left(first.column)
        return f"M{x} {y1}C{x - 34} {y1} {x - 34} {y2} {x - 1} {y2}"
    rightwards = first.column < second.column
    x1 = grid.left(first.column) + (grid.box if rightwards else 0)
    x2 = grid.left(second.column) + (-1 if rightwards else grid.box + 1)
    bend = grid.gap * (1 if rightwards else -1)
    return f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
