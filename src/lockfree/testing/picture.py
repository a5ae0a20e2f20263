"""A history as a picture: one column a thread, time downwards."""

from __future__ import annotations

import textwrap

from lockfree.testing.history import Event, History, show_items
from lockfree.testing.judges import Finding
from lockfree.testing.program import PUTS, ROLES

WIDTH = 58


def draw(history: History, finding: Finding | None = None) -> str:
    """Return the history in columns, or the executor's own story where it has one.

    The finding's events are marked with a star, and its sentence stands below. A call that others ran into is shown in
    two rows, where it began and where it ended.
    """
    if history.story is not None:
        return history.story()
    marked = finding.events if finding is not None else ()
    threads = sorted({e.thread for e in history.events})
    names = [ROLES[t] if t < len(ROLES) else f"thread {t}" for t in threads]
    rows = [_row(names, None, ""), _row(["-" * (WIDTH - 2)] * len(names), None, "")]
    points = sorted(
        [(e.begin, 1, e.thread, e.step, e) for e in history.events]
        + [(e.end, 0, e.thread, e.step, e) for e in history.events],
        key=lambda p: p[:4],
    )
    for index, (_, is_begin, _, _, event) in enumerate(points):
        column = threads.index(event.thread)
        star = "*" if event in marked else " "
        if is_begin:
            alone = index + 1 < len(points) and points[index + 1][4] is event
            if not alone:
                rows += _cells(threads, column, f"{star} {_asks(event)} …", event.held)
        else:
            alone = index > 0 and points[index - 1][4] is event
            rows += _cells(threads, column, f"{star} {event if alone else f'… {event}'}", event.held if alone else "")
    if history.left:
        rows.append(f"left inside: {show_items(history.left)}")
    if finding is not None:
        rows += ["", str(finding)]
    return "\n".join(([history.settings] if history.settings else []) + rows)


def _asks(event: Event) -> str:
    return f"{event.call} {show_items(event.items)}".rstrip() if event.call in PUTS else event.call


def _cells(threads: list[int], column: int, text: str, held: str) -> list[str]:
    lines = [_row([""] * len(threads), column, text)]
    if held:
        held_lines = textwrap.wrap(f"held before {held}", WIDTH - 8)
        lines += [_row([""] * len(threads), column, f"      {line}") for line in held_lines]
    return lines


def _row(cells: list[str], column: int | None, text: str) -> str:
    shown = [text if i == column else cell for i, cell in enumerate(cells)]
    return "".join(cell.ljust(WIDTH) for cell in shown).rstrip()
