"""The same faults, and each memory order taken away, found by the checker: no luck, no threads, the same each time."""

import re
from pathlib import Path

import pytest

import lockfree
from lockfree.testing import CheckerExecutor, Program, RaceFoundError, Step, Stop, judge, load_mutants, programs, search

MUTANTS = load_mutants(Path(__file__).parent)
SMALL = {"steps_most": 3, "capacity_most": 2, "batch_most": 2}

LABELS = [
    (structure, label)
    for structure in ("spsc_ring", "spsc_bytes")
    for label in (
        "push:publish", "pop:observe", "pop:retire", "push:reclaim", "close:announce", "pop:ended",
        "push:decide", "pop:decide",
    )
    if structure == "spsc_ring" or not label.endswith("decide")  # FULL of a queue of bytes is judged weakly
]  # fmt: skip


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("LOCKFREE_CACHE", str(tmp_path_factory.getbasetemp().parent / "lockfree-cache"))


def found_by(executor, structure, **how):
    with pytest.raises(RaceFoundError) as raised:
        search(executor, programs(structure, **SMALL, **how), examples=1000, shrinks=1000)
    return raised.value


def steps_of(program):
    return sum(len(thread) for thread in program.threads)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.name)
def test_a_seeded_race_is_found_and_shrunk(mutant, tmp_path):
    include = mutant.apply(lockfree.get_include(), tmp_path / "include")
    executor = CheckerExecutor(mutant.structure, include=include)
    found = found_by(executor, mutant.structure)
    assert steps_of(found.program) <= 6
    assert judge(next(h for h in executor.run(found.program) if judge(h))) == found.finding


def test_the_same_program_is_found_again(tmp_path):
    mutant = next(m for m in MUTANTS if m.name == "ring_closed_without_second_look")
    executor = CheckerExecutor("spsc_ring", include=mutant.apply(lockfree.get_include(), tmp_path / "include"))
    first, second = (found_by(executor, "spsc_ring") for _ in range(2))
    assert (first.program, first.history, first.finding) == (second.program, second.history, second.finding)
    assert steps_of(first.program) == 3  # push, close; pop


def weaker(text, label):
    """The header with every order of that label made relaxed, and a fence of it dropped."""
    statement = re.compile(rf"(/\* \[{label}\][^\n]*\*/\n)([^\n]*)\n")
    assert statement.search(text), label

    def weak(found):
        line = re.sub(r"memory_order_(acquire|release)", "memory_order_relaxed", found[2])
        line = re.sub(r"atomic_thread_fence\(memory_order_seq_cst\)", "(void)0", line)
        assert line != found[2]
        return f"{found[1]}{line}\n"

    return statement.sub(weak, text)


@pytest.mark.parametrize(("structure", "label"), LABELS)
def test_an_order_that_is_taken_away_is_missed(structure, label, tmp_path):
    shipped = Path(lockfree.get_include()) / "lockfree"
    include = tmp_path / "lockfree"
    include.mkdir()
    for header in (*shipped.glob("*.h"), *shipped.glob("api/*.h")):
        copy = include / header.relative_to(shipped)
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(header.read_text())
    header = include / f"{structure}.h"
    header.write_text(weaker(header.read_text(), label))
    found = found_by(CheckerExecutor(structure, include=tmp_path), structure)
    assert steps_of(found.program) <= 6
    assert found.program.strict or not label.endswith("decide")


@pytest.mark.parametrize("structure", ["spsc_ring", "spsc_bytes"])
def test_the_shipped_header_passes_the_same_search(structure):
    executor = CheckerExecutor(structure)
    judged = search(executor, programs(structure, **SMALL, stop=True), examples=200)
    assert executor.complete + executor.sampled == 200
    assert executor.complete > 190  # of nearly all every execution was seen
    assert judged > 500


def test_the_story_is_the_checkers(tmp_path):
    mutant = next(m for m in MUTANTS if m.name == "ring_retired_before_read")
    executor = CheckerExecutor("spsc_ring", include=mutant.apply(lockfree.get_include(), tmp_path / "include"))
    found = str(found_by(executor, "spsc_ring"))
    assert "race" in found
    assert "thread 2" in found
    assert "spsc_ring.h:" in found
    assert "Again" not in found  # there is no such command


def test_a_wrong_answer_is_told_twice_over(tmp_path):
    """As what was called and answered, and as an execution that answers so."""
    mutant = next(m for m in MUTANTS if m.name == "ring_closed_without_second_look")
    executor = CheckerExecutor("spsc_ring", include=mutant.apply(lockfree.get_include(), tmp_path / "include"))
    found = found_by(executor, "spsc_ring")
    text = str(found)
    assert found.finding.sentence in text
    assert "left inside: 1" in text
    assert text.count("→ closed") == 2
    assert text.index("left inside: 1") < text.index("spsc_ring.h:")


def test_a_stopped_thread_may_have_put_its_item_in_or_not():
    """Stopped at each of its accesses: the other finishes, and sees the item from some access on."""
    executor = CheckerExecutor("spsc_ring")
    pops = (Step("pop"), Step("pop"))
    seen = []
    for after in range(12):
        program = Program(((Step("push"),), pops), stopped=Stop(0, after))
        histories = list(executor.run(program))
        assert not any(map(judge, histories))
        assert all(sum(e.thread == 1 for e in h.events) == 2 for h in histories)
        seen.append(any(h.takes() for h in histories))
        if all(h.whole for h in histories):
            break
    assert (seen[0], seen[-1]) == (False, True)
    assert seen == sorted(seen)
    assert len(seen) == 4  # closed, pushed, and the store that publishes
