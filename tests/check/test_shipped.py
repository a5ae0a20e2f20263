"""The shipped scenarios: all pass, by every model, and each structure's fail when its orders are taken away."""

import re

import pytest

from lockfree.check import Options, check, shipped
from lockfree.check.declared import declared, specification
from lockfree.check.runner import Weakening, run
from lockfree.check.specs import FifoSpec
from lockfree.check.verify import explore, prepare


@pytest.fixture(autouse=True)
def cache(kept, monkeypatch):
    monkeypatch.setenv("LOCKFREE_CACHE", str(kept))


def test_the_structures_with_scenarios():
    assert set(shipped.names()) >= {"spsc_ring", "spsc_bytes", "eventcount"}


@pytest.mark.parametrize("model", ["rc11", "tso", "sc"])
@pytest.mark.parametrize("name", shipped.names())
def test_all_of_them_pass(name, model):
    report = check(name, options=Options(model=model))
    assert (report.verdict, report.story()) == ("ok", report.story())
    assert all(one.result.bound_hits == 0 for one in report.checked)
    assert all(one.result.executions > 1 for one in report.checked)


@pytest.mark.parametrize("name", ["spsc_ring", "spsc_bytes"])
def test_each_release_and_each_acquire_is_missed(name):
    """Made relaxed one at a time: some scenario fails. Nothing else tells a lucky pass from a proof."""
    targets = prepare([name])
    survived, killed = set(), set()
    for target in targets:
        for scenario in target.scenarios:
            sites = run(target.built.library, Options(scenario=scenario)).sites
            for site in sites:
                if site.order not in ("release", "acquire"):
                    continue
                weak = (Weakening(site.offset, "o"),)
                place = _place(target, site.offset)
                code = explore(target, Options(scenario=scenario, weaken=weak)).code
                (killed if code == 1 else survived).add(place)
    assert killed
    assert survived - killed == set()


def _place(target, offset):
    from lockfree.check.symbols import Symbols

    return Symbols(target.built.library).frames(offset)[0].place


def test_a_wake_up_is_lost_without_the_publishers_fence():
    target, *_ = (one for one in prepare(["eventcount"]) if "one_sleeper" in one.scenarios)
    sites = run(target.built.library, Options(scenario="without_membarrier")).sites
    fences = [site for site in sites if site.kind == "fence"]
    assert fences
    options = [Options(scenario="without_membarrier", weaken=(Weakening(site.offset, "x"),)) for site in fences]
    assert "deadlock" in {explore(target, option).verdict for option in options}


def test_a_declared_specification_is_held_against_the_histories(source):
    """A ring that is only weak, called strict."""
    text = shipped.sources("spsc_ring")
    strict = next(path for path in text if path.name == "strict.c").read_text()
    folder = next(iter(text)).parent
    weak = re.sub(r"\n *lf_spsc_ring_set_strict\([^\n]*|\n *assert\(!\([^\n]*", "", strict)
    assert weak.count("\n") < strict.count("\n")
    program = source("weak.c", weak.replace('"ring.h"', f'"{folder}/ring.h"'))
    report = check(program, options=Options(scenario="strict"))
    assert report.verdict == "not-linearizable"
    assert "push 3 → full" in report.story()
    assert report.worst.shortest is not None
    assert len(report.worst.shortest.deviations) == 2
    assert "Store buffering" in report.story()
    assert "x86-TSO: the same" in report.story()
    assert "sequential consistency: never" in report.story()
    program.write_text(program.read_text().replace("queue, capacity 2", "queue, capacity 2, weak full, weak empty"))
    assert check(program, options=Options(scenario="strict")).verdict == "ok"


def test_declarations_are_read(source):
    above = "/* Words.\n * specification: queue, capacity 3,\n *   weak full */\n"
    path = source("d.c", f"{above}LF_SCENARIO(a) {{}}\n/* b */\nLF_SCENARIO(b) {{}}\n")
    found = declared([path])
    assert set(found) == {"a"}
    assert isinstance(found["a"], FifoSpec)
    assert (found["a"].capacity, found["a"].full, found["a"].empty) == (3, "weak", "strict")


@pytest.mark.parametrize("words", ["heap", "queue, capacity many", "queue, weak"])
def test_a_declaration_that_is_not_understood(words):
    with pytest.raises(ValueError, match="specification"):
        specification(words)
