"""A report as one page that needs nothing else: steps in columns, arrows for who read whom, the source beside it."""

from __future__ import annotations

import os
from dataclasses import replace
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from lockfree.check.arrows import Grid, arrows
from lockfree.check.report import Checked, Report
from lockfree.check.screen import count, models, numbers, replay_command
from lockfree.check.story import Step, Story, tell
from lockfree.check.symbols import Symbols, short

__all__ = ["page", "write"]

_MOST_LINES = 3000
_AROUND = 60
_KEY = (
    ("reads", "reads from"),
    ("syncs", "synchronizes with"),
    ("missed", "was not seen"),
    ("races", "unordered: a data race"),
)


def write(report: Report, path: str | os.PathLike[str], flags: tuple[str, ...] = ()) -> None:
    """Write the page to a file. flags: of the compiler, for the command that is printed. OSError: it can't be."""
    Path(path).write_text(page(report, flags), encoding="utf-8")


def page(report: Report, flags: tuple[str, ...] = ()) -> str:
    """The page's text."""
    worst = report.worst
    rows = "".join(
        f'<tr><td><code>{escape(one.name)}</code><td class="{"" if one.result.code == 0 else "bad"}">'
        f"{one.result.verdict}<td>{numbers(one.result)}"
        for one in report.checked
    )
    stories = "".join(_story(one, place, flags) for place, one in enumerate(report.checked) if one.result.code != 0)
    said = worst.told
    names = ", ".join(dict.fromkeys(word for one in report.checked for word in one.target.words))
    return Template(files("lockfree.check").joinpath("page.html").read_text(encoding="utf-8")).substitute(
        title=escape(f"{said.verdict}: {names}"),
        heading=escape(f"{said.verdict}: {worst.name}" if said.code else "nothing found"),
        **{"class": "bad" if said.code else ""},
        subtitle=escape(f"{names}, model {said.model}, {count(report.executions)}"),
        scenarios=f'<table class="all">{rows}</table>',
        stories=stories,
    )


def _story(checked: Checked, place: int, flags: tuple[str, ...]) -> str:
    told = checked.told
    symbols = Symbols(checked.target.built.library)
    story = tell(told, symbols)
    head = f"<h2>{escape(checked.name)}</h2><p class='said'>{escape(story.headline)}</p>"
    if told.code != 1 or not told.trace:
        return head
    why = "".join(f"<li>{escape(sentence)}" for sentence in (*story.why, *models(checked)))
    again = f"<p>Again, with its output: <code>{escape(replay_command(checked, flags))}</code></p>"
    key = "".join(f'<span><i style="color:var(--{_colour(name)})"></i>{words}</span>' for name, words in _KEY)
    prefix = f"s{place}"
    return (
        f"{head}<ul>{why}</ul>{again}<p class='key dim'>{key}</p>"
        f'<div class="story"><div class="scroll">{_picture(story, prefix)}</div>'
        f"{_sources(story, symbols, prefix)}</div>"
    )


def _colour(name: str) -> str:
    return {"missed": "old", "races": "bad"}.get(name, name)


def _picture(story: Story, prefix: str) -> str:
    columns = len(story.threads)
    wide = Grid(columns, len(story.steps))
    grid = wide if columns < 3 else replace(wide, box=250, gap=56, tall=82, pitch=94)
    heads = "".join(
        f'<div class="head" style="left:{grid.left(column)}px;top:0;width:{grid.box}px">{escape(name)}</div>'
        for column, name in enumerate(story.threads)
    )
    boxes = "".join(_box(step, row, grid, prefix) for row, step in enumerate(story.steps))
    return (
        f'<div class="picture" style="width:{grid.width}px;height:{grid.height}px">{heads}{boxes}'
        f"{arrows(story, grid)}</div>"
    )


def _box(step: Step, row: int, grid: Grid, prefix: str) -> str:
    style = f"left:{grid.left(step.column)}px;top:{grid.top(row)}px;width:{grid.box}px;height:{grid.tall}px"
    place = f"{step.frame.place}  {step.source}" if step.frame.file else ""
    return (
        f'<a class="step {step.mark}" style="{style}" href="#{_anchor(prefix, step)}" title="{escape(place)}">'
        f'<span class="src">{escape(place)}</span><span class="did">#{step.number} {escape(step.did)}</span></a>'
    )


def _anchor(prefix: str, step: Step) -> str:
    return f"{prefix}-{escape(short(step.frame.file))}-{step.frame.line}"


def _sources(story: Story, symbols: Symbols, prefix: str) -> str:
    """The text of each file that a step is in, the lines of the steps marked; of a long one only what is near them."""
    at: dict[str, dict[int, list[int]]] = {}
    for step in story.steps:
        if step.frame.file:
            at.setdefault(step.frame.file, {}).setdefault(step.frame.line, []).append(step.number)
    shown = []
    for file, steps in at.items():
        lines = symbols.lines(file)
        near = lines if len(lines) <= _MOST_LINES else None
        rows = [
            _line(f"{prefix}-{escape(short(file))}-{number}", number, text, steps.get(number, []))
            for number, text in enumerate(lines, 1)
            if near is not None or any(abs(number - line) <= _AROUND for line in steps)
        ]
        shown.append(f"<h3>{escape(short(file))}</h3><pre>{''.join(rows)}</pre>")
    return f'<div class="source">{"".join(shown)}</div>' if shown else ""


def _line(anchor: str, number: int, text: str, steps: list[int]) -> str:
    marks = ",".join(f"#{step}" for step in steps)
    label = f'<b class="at">{marks}</b>' if steps else "<b></b>"
    return f'<span id="{anchor}" class="{"hit" if steps else ""}"><b>{number}</b>{label}{escape(text)}\n</span>'
