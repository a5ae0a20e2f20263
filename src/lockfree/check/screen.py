"""What a check says on a terminal."""

from __future__ import annotations

import shlex
import textwrap

from lockfree.check.columns import draw
from lockfree.check.report import Checked, Report
from lockfree.check.result import Result
from lockfree.check.story import Story, tell
from lockfree.check.symbols import Symbols

__all__ = ["count", "judgement", "models", "numbers", "replay_command", "screen"]

_MODEL_NAMES = {"sc": "sequential consistency", "tso": "x86-TSO", "rc11": "RC11"}


def screen(report: Report, width: int, *, colour: bool = False, flags: tuple[str, ...] = ()) -> str:
    """All scenarios in a line each, then the story of each defect."""
    lines = []
    wide = max(len(one.name) for one in report.checked)
    for one in report.checked:
        lines.append(f"{one.name:<{wide}}  {judgement(one.result)}")
    for one in report.checked:
        if one.result.code != 0:
            lines += ["", *_defect(one, width, colour=colour, flags=flags)]
        lines += bounds(one)
    return "\n".join(lines)


def bounds(checked: Checked) -> list[str]:
    """Where executions were cut, and what to do about it."""
    result = checked.result
    if not result.bound_hits:
        return []
    symbols = Symbols(checked.target.built.library)
    said = [f"{checked.name}: cut by a bound {result.bound_hits:,} times, so that this is no proof. Cut at:"]
    for site in result.bound_sites:
        frame = next((one for one in symbols.chain(site) if one.file), None)
        if frame is not None:
            said.append(f"    {frame.place}  {symbols.text(frame)}")
    said.append(
        "    A loop that goes on until another thread acts may take any number of turns: `--loop N` looks at N of "
        "them, `--events N` at N steps of a thread."
    )
    return said


def judgement(result: Result) -> str:
    """One line: verdict and numbers."""
    return f"{result.verdict:<14} {numbers(result)}"


def numbers(result: Result) -> str:
    """How much was explored, and how fast."""
    took = f"{result.seconds:.2f} s" if result.seconds >= 0.1 else f"{result.seconds * 1000:.1f} ms"
    parts = [f"{count(result.executions)} in {took}"]
    if result.seconds >= 0.1:
        parts.append(f"{result.executions / result.seconds:,.0f}/s")
    if result.blocked:
        parts.append(f"{result.blocked:,} blocked")
    if result.bound_hits:
        parts.append(f"{result.bound_hits:,} cut by a bound")
    return ", ".join(parts)


def count(executions: int) -> str:
    """`1 execution`, `2,950,753 executions`."""
    return f"{executions:,} execution{'s' if executions != 1 else ''}"


def models(checked: Checked) -> list[str]:
    """What the stronger models say of the same program, a sentence each."""
    said = []
    for model, result in checked.models.items():
        name = _MODEL_NAMES[model]
        if result.code == 1:
            same = "the same" if result.verdict == checked.result.verdict else f"there it is: {result.verdict}"
            meaning = "tests on x86 can show it" if model == "tso" else "no weak memory is needed"
            said.append(f"{name}: {same}; {meaning}.")
        elif result.code == 0:
            meaning = (
                "tests on x86 can't show it, Arm and other weak machines can"
                if model == "tso"
                else "weak memory makes it"
            )
            said.append(f"{name}: never ({count(result.executions)}, all fine); {meaning}.")
        else:
            said.append(f"{name}: can't tell: {result.message or result.verdict}.")
    return said


def replay_command(checked: Checked, flags: tuple[str, ...] = ()) -> str:
    """The command that runs the told execution once more, with the program's own output."""
    result = checked.told
    token = ",".join(f"{step}:{choice}" for step, choice in result.deviations)
    words = ["lockfree", "check", *checked.target.words, "--scenario", result.scenario, "--replay", token or "none"]
    if result.model != "rc11":
        words += ["--model", result.model]
    return shlex.join([*words, *(["--", *flags] if flags else [])])


def _defect(checked: Checked, width: int, *, colour: bool, flags: tuple[str, ...]) -> list[str]:
    told = checked.told
    story = tell(told, Symbols(checked.target.built.library))
    said = f"{checked.name}: {story.headline}".splitlines()
    head = [line for part in said for line in textwrap.wrap(part, min(width, 120), break_on_hyphens=False)]
    lines = [f"\x1b[31;1m{line}\x1b[0m" if colour else line for line in head]
    if told.code != 1:
        return lines
    if not told.trace:
        return [*lines, *models(checked)]
    lines += ["", draw(story, width, colour=colour), ""]
    lines += _why(story, width)
    lines += models(checked)
    lines.append("")
    if told is checked.shortest:
        lines.append(_shortest(len(told.deviations)))
    if checked.target.words:
        lines.append(f"Again, with its output: {replay_command(checked, flags)}")
    return lines


def _shortest(deviations: int) -> str:
    """How far it is from one thread after another."""
    if deviations == 0:
        return "It happens with one thread after another, each reading the newest values: nothing could be shorter."
    more = "s" if deviations > 1 else ""
    return f"Shortest: {deviations} context switch{'es' if deviations > 1 else ''} or old read{more}; none with fewer."


def _why(story: Story, width: int) -> list[str]:
    lines = []
    for position, sentence in enumerate(story.why):
        head = "Why: " if position == 0 else "     "
        lines += textwrap.wrap(head + sentence, min(width, 110), subsequent_indent="     ", break_on_hyphens=False)
    return lines
