"""Claims of progress, both ways: what is wait-free, what is lock-free and no more, what blocks, and at which step."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from lockfree.check.declared import Claim, progress
from lockfree.check.freeze import freeze
from lockfree.check.runner import Options

PROGRESS = Path(__file__).parent / "progress"
TREIBER, SPIN_LOCK, VYUKOV = (PROGRESS / f"{name}.c" for name in ("treiber", "spin_lock", "vyukov"))


@pytest.fixture(autouse=True)
def cache(kept, monkeypatch):
    monkeypatch.setenv("LOCKFREE_CACHE", str(kept))


def said(report):
    return "\n".join(report.lines())


def source_line(path, message):
    """The text of the line of `path` that a message names last."""
    number = int(re.findall(rf"{path.name}:(\d+)", message)[-1])
    return path.read_text().splitlines()[number - 1]


@pytest.mark.parametrize("name", ["spsc_ring", "spsc_bytes"])
def test_both_sides_are_wait_free_at_every_step(name):
    report = freeze(name)
    assert report.code == 0, said(report)
    for one in report.judged:
        assert [(claim.kind, claim.broken) for claim in one.claims] == [("wait-free", False)], one.name
        # The claim is tight: one step less is broken, so the count counts.
        assert max(steps.most_steps for steps in one.figures.operations) == one.claims[0].steps
        # Each of two threads stopped before each of its events.
        assert one.stops >= sum(one.figures.events[1:])
    names = {steps.operation for one in report.judged for steps in one.figures.operations}
    assert names >= {"push", "pop", "push_n", "pop_n", "reserve", "commit", "peek", "release", "close"}


def test_a_wait_free_claim_that_is_one_step_short_is_broken():
    report = freeze("spsc_ring", options=Options(scenario="wrap"), claimed=(Claim("wait-free", 3),))
    assert (report.code, report.verdict) == (1, "progress")
    assert "push took 4 steps; declared are 3" in said(report)
    assert "LF_INVOKE" in report.story()


def test_treibers_stack_is_lock_free_and_not_wait_free():
    report = freeze(TREIBER)
    assert report.code == 0, said(report)
    by_name = {one.scenario: one for one in report.judged}
    two, three = by_name["against_two"], by_name["against_three"]
    # More pushes beside it cost a push more, the whole system no more between two completions.
    assert two.figures.operations[0].most_steps < three.figures.operations[0].most_steps
    assert two.figures.operations[0].alone == three.figures.operations[0].alone == 4
    assert two.figures.between_completions == three.figures.between_completions == 9


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (Claim("wait-free", 5), "push took 7 steps; declared are 5"),
        (Claim("lock-free", 8), "there were 9 steps and none of them completed an operation; declared are 8"),
        (Claim("wait-free", 7, broken=True), "not wait-free 7: nothing took longer"),
        (Claim("blocking"), "no stop of any thread makes another wait"),
    ],
)
def test_a_claim_that_is_not_so(claim, words):
    report = freeze(TREIBER, options=Options(scenario="against_two"), claimed=(claim,))
    assert (report.code, report.verdict) == (1, "progress")
    assert words in said(report)


def test_a_loop_bound_that_is_too_small_is_no_proof():
    report = freeze(TREIBER, options=Options(scenario="against_two", loop=2))
    assert (report.code, report.verdict) == (2, "bound")
    assert "--loop" in said(report)


def test_spurious_failures_cost_steps():
    claims = (Claim("wait-free", 7),)
    options = Options(scenario="against_two", spurious=1)
    assert freeze(TREIBER, options=options, claimed=claims).verdict == "progress"
    assert freeze(TREIBER, options=Options(scenario="against_two"), claimed=claims).verdict == "ok"


@pytest.mark.parametrize("scenario", ["exchanging", "looking_first"])
def test_a_spin_lock_blocks_and_the_step_is_told(scenario):
    report = freeze(SPIN_LOCK, options=Options(scenario=scenario))
    assert report.code == 0, said(report)
    stopped, waiting = report.judged[0].message.split(" stopped: ")
    assert "atomic_store_explicit(&locked, 0" in source_line(SPIN_LOCK, stopped)  # holds it, has not given it back
    assert "while (atomic" in source_line(SPIN_LOCK, waiting)
    unclaimed = freeze(SPIN_LOCK, options=Options(scenario=scenario), claimed=())
    assert (unclaimed.code, unclaimed.verdict) == (1, "progress")
    assert "is stopped here for ever" in " ".join(unclaimed.story().split())
    assert "--replay" not in unclaimed.story()


def test_vyukovs_ring_blocks_between_claim_and_publication():
    report = freeze(VYUKOV)
    assert report.code == 0, said(report)
    stopped, waiting = report.judged[0].message.split(" stopped: ")
    assert "turn, at + 1" in source_line(VYUKOV, stopped)  # claimed, not yet published
    assert "popped" in source_line(VYUKOV, waiting)
    assert freeze(VYUKOV, claimed=(Claim("non-blocking", 9),)).verdict == "progress"


WRITES = """
#include <lockfree/check.h>
#include <stdatomic.h>
static atomic_int flag, rounds;
static void *raise_it(void *unused) {
  LF_INVOKE("raise", 0);
  atomic_store(&flag, 1);
  LF_RETURN("ok", 0);
  return unused;
}
static void *await_it(void *unused) {
  LF_INVOKE("await", 0);
  while (!atomic_load(&flag)) atomic_fetch_add(&rounds, 1);
  LF_RETURN("ok", 0);
  return unused;
}
/* progress: PROGRESS */
LF_SCENARIO(waits) {
  lf_thread a = lf_spawn(raise_it, NULL), b = lf_spawn(await_it, NULL);
  lf_join(a);
  lf_join(b);
}
"""


def test_a_loop_that_waits_and_writes_is_counted(source):
    report = freeze(source("w.c", WRITES.replace("PROGRESS", "non-blocking 10")))
    assert report.verdict == "progress"
    assert re.search(r"await took \d+ steps with nobody beside it; declared are 10", said(report))
    report = freeze(source("w.c", WRITES.replace("PROGRESS", "lock-free 10")))
    assert "none of them completed an operation" in said(report)
    report = freeze(source("w.c", WRITES.replace("PROGRESS", "not non-blocking 10, not lock-free 10")))
    assert report.verdict == "bound"  # stopped threads wait beyond every bound
    report = freeze(source("w.c", WRITES.replace("PROGRESS", "non-blocking 30")), options=Options(loop=8))
    assert (report.code, report.verdict) == (2, "bound")


STORES = """
#include <lockfree/check.h>
#include <stdatomic.h>
static atomic_int x, y;
static void operation(atomic_int *mine, atomic_int *other) {
  LF_INVOKE("operation", 0);
  atomic_store_explicit(mine, 1, memory_order_relaxed);
  (void)other;
  MORE
  LF_RETURN("ok", 0);
}
static void *first(void *unused) {
  operation(&x, &y);
  AGAIN
  return unused;
}
static void *second(void *unused) {
  operation(&y, &x);
  return unused;
}
LF_SCENARIO(two) {
  lf_thread a = lf_spawn(first, NULL), b = lf_spawn(second, NULL);
  lf_join(a);
  lf_join(b);
}
"""
LOAD = "(void)atomic_load_explicit(other, memory_order_relaxed);"
WAIT = "while (mine == &y && atomic_load_explicit(other, memory_order_relaxed) != 1) {}"


@pytest.mark.parametrize(
    ("more", "again", "most", "alone", "between"),
    [
        pytest.param("", "", 1, 1, 2, id="one step each, and neither has returned"),
        pytest.param(LOAD * 2, "", 3, 3, 6, id="store buffering is a cycle: only the graph's own edges count"),
        pytest.param("", "operation(&x, &y);", 1, 1, 2, id="of the first's two only one is under way"),
        # The wait in vain runs to the bound of six visits, and the other's only step may come before its return.
        pytest.param(WAIT, "", 7, 7, 8, id="a wait, unrolled"),
    ],
)
def test_the_figures_of_small_programs(source, more, again, most, alone, between):
    """Counted by hand."""
    path = source("s.c", STORES.replace("MORE", more).replace("AGAIN", again))
    options = Options(scenario="two", loop=6)
    if more == WAIT:
        for key, figure in (("wait-free", most), ("lock-free", between), ("non-blocking", alone)):
            assert freeze(path, options=options, claimed=(Claim(key, figure - 1),)).verdict == "progress"
            assert freeze(path, options=options, claimed=(Claim(key, figure),)).verdict == "bound"
        return
    report = freeze(path, options=options, claimed=(Claim("wait-free", most), Claim("lock-free", between)))
    assert report.code == 0, said(report)
    figures = report.judged[0].figures
    assert figures.operations[0].most_steps == most
    assert figures.operations[0].alone == alone
    assert figures.between_completions == between


WEAK = """
#include <lockfree/check.h>
#include <stdatomic.h>
static atomic_int x, y;
static void operations(atomic_int *mine, atomic_int *other) {
  LF_INVOKE("store", 0);
  atomic_store_explicit(mine, 1, memory_order_relaxed);
  LF_RETURN("ok", 0);
  LF_INVOKE("load", 0);
  if (!atomic_load_explicit(other, memory_order_relaxed))
    for (int i = 0; i < 3; i++) (void)atomic_load_explicit(mine, memory_order_relaxed);
  LF_RETURN("ok", 0);
}
static void *first(void *unused) {
  operations(&x, &y);
  return unused;
}
static void *second(void *unused) {
  operations(&y, &x);
  return unused;
}
LF_SCENARIO(both_miss) {
  lf_thread a = lf_spawn(first, NULL), b = lf_spawn(second, NULL);
  lf_join(a);
  lf_join(b);
}
"""


def test_a_graph_that_no_interleaving_shows_has_its_orders_too(source):
    """Only where both miss the other's store do both take four steps, and these may lie between two returns."""
    path = source("weak.c", WEAK)
    report = freeze(path, claimed=(Claim("lock-free", 8),))
    assert report.judged[0].figures.between_completions == 8, said(report)
    strong = freeze(path, options=Options(model="sc"), claimed=(Claim("lock-free", 8),))
    assert strong.judged[0].figures.between_completions < 8


def test_steps_without_marks_are_not_counted(source):
    text = STORES.replace("MORE", "").replace("AGAIN", "").replace('LF_INVOKE("operation", 0);', "")
    path = source("s.c", text.replace('LF_RETURN("ok", 0);', ""))
    report = freeze(path, claimed=(Claim("wait-free", 5),))
    assert (report.code, report.verdict) == (2, "unsupported")
    assert "LF_INVOKE" in said(report)
    assert freeze(path).verdict == "ok"


def test_an_eventcount_sleeps_until_its_publisher_goes_on():
    report = freeze("eventcount", options=Options(scenario="one_sleeper"))
    assert report.code == 0
    assert "sleeps, and nobody wakes it" in said(report)
    report = freeze("eventcount", options=Options(scenario="next_sleeper"))
    assert report.judged[0].claims == (Claim("lock-free", 8),)
    assert report.code == 0, said(report)


def test_claims_are_read():
    assert progress("wait-free 6") == (Claim("wait-free", 6),)
    assert progress(" lock-free 9, not wait-free 5. ") == (Claim("lock-free", 9), Claim("wait-free", 5, broken=True))
    assert progress("blocking") == (Claim("blocking"),)
    for words in ("wait-free", "quick", "not blocking", "lock-free many"):
        with pytest.raises(ValueError, match="under progress"):
            progress(words)


def test_the_command_says_it_and_gives_json(check_command):
    done = check_command(SPIN_LOCK, "--freeze")
    assert done.code == 0
    assert "blocking: ok" in done.out
    done = check_command("spsc_ring", "--freeze", "--scenario", "wrap", "--json")
    assert (done.code, done.json["verdict"]) == (0, "ok")
    scenario = done.json["scenarios"][0]
    assert scenario["claims"] == ["wait-free 4"]
    assert scenario["stops"] > 0
    done = check_command(TREIBER, "--freeze", "--loop", "2")
    assert done.code == 2
    assert all("bound" in line for line in re.findall(r"treiber:.*", done.out))


def test_more_stops_are_found_the_longer_the_threads():
    stops = [
        freeze(TREIBER, options=Options(scenario=name)).judged[0].stops for name in ("against_two", "against_three")
    ]
    assert all(fewer < more for fewer, more in pairwise(stops))
