"""The race search finds each seeded fault and shrinks it; the shipped headers pass the same search."""

from pathlib import Path

import pytest
from hypothesis.errors import FlakyFailure

import lockfree
from lockfree.testing import (
    CompilerMissingError,
    NativeExecutor,
    RaceFoundError,
    StaleMutantError,
    load_mutants,
    programs,
    search,
)

MUTANTS = load_mutants(Path(__file__).parent)
EXAMPLES = 2000  # a bound: most are found within 100
SEARCHES = 4  # a race shows by chance: a smaller program that stayed quiet ends the shrinking early

pytestmark = [
    pytest.mark.stress,
    pytest.mark.timeout(400),  # spinning threads are slow where others want the cores too
]


@pytest.fixture(scope="module")
def include():
    return lockfree.get_include()


def race_found(executor, structure):
    """What a search raises; where the smallest program raced once and then did not, one of those that did."""
    with pytest.raises((RaceFoundError, FlakyFailure)) as raised:
        search(executor, programs(structure), examples=EXAMPLES)
    found = raised.value if isinstance(raised.value, RaceFoundError) else raised.value.exceptions[0]
    assert isinstance(found, RaceFoundError)
    return found


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.name)
def test_a_seeded_race_is_found_and_shrunk(mutant, include, tmp_path):
    executor = NativeExecutor(mutant.structure, include=mutant.apply(include, tmp_path / "include"))
    steps = []
    for _ in range(SEARCHES):
        found = race_found(executor, mutant.structure)
        assert "producer" in str(found)
        assert found.finding.sentence in str(found)
        steps.append(sum(len(thread) for thread in found.program.threads))
        if steps[-1] <= 8:
            break
    assert min(steps) <= 8, f"no program shrank: {steps} of at most 12 steps"


@pytest.mark.parametrize("structure", ["spsc_ring", "spsc_bytes"])
def test_the_shipped_header_passes_the_same_search(structure, include):
    examples = 300
    judged = search(NativeExecutor(structure, include=include), programs(structure), examples=examples)
    assert judged >= examples * 16


@pytest.mark.parametrize("structure", ["spsc_ring", "spsc_bytes"])
def test_three_real_races_of_each_structure_are_seeded(structure):
    assert sum(m.structure == structure for m in MUTANTS) >= 3
    assert all(m.reason.endswith(".") for m in MUTANTS)


def test_a_mutant_whose_place_has_changed_is_an_error(include, tmp_path):
    mutant = MUTANTS[0]
    fresh = mutant.apply(include, tmp_path / "once")
    with pytest.raises(StaleMutantError, match=mutant.name):
        mutant.apply(fresh, tmp_path / "twice")


def test_a_header_that_does_not_compile_is_named(tmp_path):
    (tmp_path / "lockfree").mkdir()
    (tmp_path / "lockfree" / "spsc_ring.h").write_text("#error seeded\n")
    (tmp_path / "lockfree" / "base.h").write_text("")
    with pytest.raises(CompilerMissingError, match="seeded"):
        NativeExecutor("spsc_ring", include=tmp_path)
