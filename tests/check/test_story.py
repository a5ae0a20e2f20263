"""What a counterexample is told as: the steps that matter, where each read came from, why, and who else shows it."""

from pathlib import Path

import pytest

from lockfree.check import check
from lockfree.check.columns import draw
from lockfree.check.story import tell
from lockfree.check.symbols import Symbols

PROGRAMS = Path(__file__).with_name("programs")
NEVER, SAME = "ok", "defect"


@pytest.fixture(autouse=True)
def cache(kept, monkeypatch):
    monkeypatch.setenv("LOCKFREE_CACHE", str(kept))


def told(name):
    """The report of a program, and its story."""
    report = check(PROGRAMS / f"{name}.c")
    one = report.worst
    return report, tell(one.told, Symbols(one.target.built.library))


def place(name, text, nth=0):
    """`file:line` of the nth line with that text."""
    lines = (PROGRAMS / f"{name}.c").read_text().splitlines()
    return f"{name}.c:{[number for number, line in enumerate(lines, 1) if text in line][nth]}"


@pytest.mark.parametrize(
    ("name", "verdict", "tso", "sc"),
    [
        ("message", "race", NEVER, NEVER),
        ("store_buffering", "assertion", SAME, NEVER),
        ("announced_too_early", "race", SAME, SAME),
        ("lost_wakeup", "deadlock", SAME, SAME),
        ("last_reference", "use-after-free", NEVER, NEVER),
        ("double_pop", "assertion", SAME, SAME),
        ("sequence_lock", "assertion", NEVER, NEVER),
    ],
)
def test_verdicts_of_the_three_models(name, verdict, tso, sc):
    report, story = told(name)
    assert report.verdict == verdict
    models = {model: NEVER if result.verdict == "ok" else SAME for model, result in report.worst.models.items()}
    assert models == {"tso": tso, "sc": sc}
    words = " ".join(report.story().split())
    assert ("x86-TSO: never" in words) == (tso == NEVER)
    assert ("sequential consistency: never" in words) == (sc == NEVER)
    assert story.steps[-1].mark == "fault"


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("message", [("release", "atomic_store"), ("acquire", "atomic_load")]),
        ("last_reference", [("acquire", "atomic_fetch_sub")]),
        ("sequence_lock", [("acquire", "&right, memory_order")]),
    ],
)
def test_what_is_missing_and_where(name, missing):
    _, story = told(name)
    assert len(story.why) == 1
    said = story.why[0].partition("Missing: ")[2]
    for order, text in missing:
        assert f"{order} at {place(name, text)} (or" in said
    assert said.count(" at ") == len(missing)


def test_store_buffering_is_called_by_its_name():
    _, story = told("store_buffering")
    assert story.why[0].startswith("Store buffering: thread 1 wrote x (#1) and then read y (#2); thread 2 wrote y (#4)")
    assert "seq_cst fence" in story.why[0]
    (stale,) = (step for step in story.steps if step.mark == "stale")
    assert stale.did == "reads x = 0 (acquire), as it was at the start: old, #1 has overwritten it"


def test_what_is_announced_too_early():
    _, story = told("announced_too_early")
    assert "what is announced must be done first" in story.why[0]


def test_an_interleaving_needs_no_weak_memory():
    for name in ("double_pop", "lost_wakeup"):
        _, story = told(name)
        assert story.why == (
            "Every load read the newest value: an ordinary interleaving of the threads is enough, without weak memory.",
        )


def test_the_fault_stands_at_the_broken_line():
    for name, text in (("message", "assert(data"), ("double_pop", "assert(before"), ("sequence_lock", "assert(l")):
        _, story = told(name)
        assert story.steps[-1].frame.place == place(name, text)
    _, story = told("lost_wakeup")
    assert story.steps[-1].did == "sleeps, and nobody wakes it"
    assert story.steps[-1].frame.place == place("lost_wakeup", "pthread_cond_wait")


def test_setting_up_and_joining_are_left_out():
    report, story = told("message")
    assert [step.event.kind for step in story.steps] == ["write", "store", "load", "fault"]
    assert story.threads == ("thread 1: writer", "thread 2: reader")
    assert story.folded == len(report.worst.told.trace) - 4


@pytest.mark.parametrize("width", [20, 60, 80, 120, 200])
def test_columns_hold_what_they_are_given(width):
    _, story = told("store_buffering")
    picture = draw(story, width)
    lines = picture.splitlines()
    assert max(map(len, lines)) <= max(width, 3 * 30 + 5)
    head = next(line for line in lines if "thread 1" in line)
    starts = [head.index(name[:9]) for name in ("main", "thread 1: left", "thread 2: right")]
    for step in story.steps:
        row = next(line for line in lines if f"#{step.number} " in line[:5])
        assert row[5:].strip() == row[starts[step.column] :].strip()
    words = "".join(picture.split())
    assert all("".join(step.did.split()) in words for step in story.steps if step.column == 0)


def test_colours_change_nothing_but_colours():
    import re

    _, story = told("sequence_lock")
    assert re.sub(r"\x1b\[[0-9;]*m", "", draw(story, 120, colour=True)) == draw(story, 120)
