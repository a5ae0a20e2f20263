"""Each seeded race between Python threads is found, and shrunk to at most six calls; its twin without it passes."""

import importlib
import pkgutil

import pytest

from lockfree.testing import RaceFoundError, race
from lockfree.testing.racing.explorer import Explorer
from lockfree.testing.racing.locks import swapped
from lockfree.testing.racing.points import Points
from lockfree.testing.racing.rules import RaceProgram
from lockfree.testing.racing.runs import Deterministic
from lockfree.testing.racing.watching import watcher
from tests.mutants import python_races

NAMES = sorted(m.name for m in pkgutil.iter_modules(python_races.__path__))


@pytest.fixture(params=NAMES)
def seeded(request):
    return importlib.import_module(f"{python_races.__name__}.{request.param}")


def case(seeded, under_test, **options):
    return race(threads=3, spec=seeded.SPEC, **options)(type("Raced", (under_test,), dict(seeded.RULES)))


def test_a_seeded_race_is_found_and_shrunk(seeded):
    with pytest.raises(RaceFoundError) as raised:
        case(seeded, seeded.Broken).search()
    message = str(raised.value)
    assert len(raised.value.program) <= 6, message
    assert "it broke the specification 5 times" in message
    assert "thread 2" in message
    assert "not linearizable" in message
    assert explore(seeded, seeded.Fixed, raised.value.program) is None
    for smaller in without_a_call(raised.value.program):
        assert explore(seeded, seeded.Broken, smaller) is None, f"{message}\nand without one of its calls:\n{smaller}"


def without_a_call(program):
    """The program without each of its calls in turn."""
    parts = [program.before, *program.threads, program.after]
    for part, calls in enumerate(parts):
        for place in range(len(calls)):
            before, *threads, after = (c[:place] + c[place + 1 :] if i == part else c for i, c in enumerate(parts))
            yield RaceProgram(before, tuple(threads), after)


def explore(seeded, under_test, program):
    """All its schedules with at most one change of thread."""
    watching = watcher(Points(frozenset()))
    executor = Deterministic(under_test, case(seeded, under_test).options.spec, watching)
    with swapped((under_test,)), watching.during():
        return Explorer(executor, executor.spec).explore(program, runs=1000, most=1)


def test_its_twin_passes_the_same_search(seeded):
    assert case(seeded, seeded.Fixed, examples=30, runs=100).search() > 500


def test_each_says_why():
    assert len(NAMES) >= 12
    for name in NAMES:
        reason = importlib.import_module(f"{python_races.__name__}.{name}").__doc__
        assert reason.endswith(".")
