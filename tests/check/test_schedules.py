"""Scenarios in tests: explored as a whole, or along schedules that Hypothesis draws and shrinks."""

import subprocess
import sys
from pathlib import Path

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from lockfree.check import DefectError, scenario, schedules

PROGRAMS = Path(__file__).with_name("programs")
FAULTY = sorted(PROGRAMS.glob("*.c"))


@pytest.fixture(autouse=True)
def cache(kept, monkeypatch):
    monkeypatch.setenv("LOCKFREE_CACHE", str(kept))


def smallest(program, examples=400):
    """The schedule that Hypothesis ends with, and how many it ran."""
    ran = []
    quiet = settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )

    def attempt(schedule):
        ran.append(schedule)
        program.follows(schedule)

    with pytest.raises(DefectError):
        hypothesis.seed(1)(quiet(given(schedules(steps=40))(attempt)))()
    return ran[-1], len(ran)


@pytest.mark.parametrize("path", FAULTY, ids=lambda path: path.stem)
def test_hypothesis_ends_where_deepening_does(path):
    program = scenario(path)
    shortest = program.explore(mode="shortest").worst.result
    assert shortest.code == 1
    schedule, _ = smallest(program)
    assert len(schedule) == len(shortest.deviations)
    with pytest.raises(DefectError, match=shortest.verdict):
        program.follows(shortest.deviations)


def test_a_scenario_passes_or_tells_its_story():
    with pytest.raises(DefectError) as failed:
        scenario(PROGRAMS / "message.c").passes()
    assert "Missing: release" in " ".join(str(failed.value).split())
    assert failed.value.report.verdict == "race"
    assert scenario(PROGRAMS / "message.c").passes(model="sc").executions == 2


def test_a_schedule_beyond_the_end_is_the_default_one():
    program = scenario("spsc_ring", "wrap")
    assert program.follows([(10_000, 1)]).verdict == program.follows([]).verdict == "ok"


def test_which_scenario_must_be_said():
    with pytest.raises(ValueError, match="wrap"):
        scenario("spsc_ring")


def test_the_fixture_of_the_plugin(tmp_path):
    """In a pytest of its own, which loads the plugin by its entry point."""
    (tmp_path / "test_it.py").write_text(
        "def test_fine(checked):\n    assert checked('spsc_ring', scenario='wrap').verdict == 'ok'\n"
        f"def test_broken(checked):\n    checked({str(PROGRAMS / 'message.c')!r})\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert "thread 1: writer" in done.stdout
    assert "DefectError" in done.stdout
