"""Each memory order of ours is killed or kept; an order that nothing needs, a bound and a redundant pair are told."""

import json
import re
from pathlib import Path

import pytest

from lockfree.check.baseline import BaselineError
from lockfree.check.labels import read_sites, split
from lockfree.check.runner import Options
from lockfree.check.weaken import weaken, weaker_orders

ROOT = Path(__file__).parents[2]
HEADERS = sorted((ROOT / "csrc" / "include" / "lockfree").glob("*.h"))
EXPECTED = json.loads((ROOT / "tests" / "litmus" / "expected.json").read_text())


@pytest.fixture(autouse=True)
def cache(kept, monkeypatch):
    monkeypatch.setenv("LOCKFREE_CACHE", str(kept))


def said(report):
    return "\n".join(report.lines())


def strong(name):
    """How many weakenings an order above relaxed has, told from the header's text alone."""
    text = (ROOT / "csrc" / "include" / "lockfree" / f"{name}.h").read_text()
    orders = [order for site in read_sites(*split(text), []) for order in site.orders if order != "relaxed"]
    return sum(2 if order == "seq_cst" else 1 for order in orders)  # a fence is lowered and left out


@pytest.mark.parametrize("name", ["spsc_ring", "spsc_bytes"])
def test_every_order_is_killed(name):
    report = weaken(name)
    assert {one.fate for one in report.weakened} == {"killed"}, said(report)
    assert report.not_reached == ()
    assert len(report.weakened) == strong(name)
    assert report.code == 0


def test_the_eventcounts_orders_are_killed_or_kept():
    report = weaken("eventcount")
    assert report.code == 0, said(report)
    kept = [one for one in report.weakened if one.fate == "kept"]
    assert [one.kept for one in kept] == [("queues/eventcount-advance",)]
    kinds = {one.place.kind for one in report.weakened}
    assert kinds == {"update", "cas-weak", "fence", "light-fence", "heavy-fence"}


def test_a_contract_is_killed_by_the_scenario_that_states_it():
    report = weaken("eventcount", options=Options(scenario="next_sleeper"))
    fates = {(one.place.kind, one.fate) for one in report.weakened}
    assert ("cas-weak", "killed") in fates, said(report)
    assert ("update", "kept") in fates


def test_what_is_kept_names_a_litmus_test_that_changes_without_it():
    names = [
        name
        for header in HEADERS
        for site in read_sites(*split(header.read_text()), [])
        for name in site.kept
        if not name.startswith("lemma")
    ]
    assert names
    for name in names:
        holds = EXPECTED[name]["rc11"]["observation"]
        weaker = [test for test in EXPECTED if test.startswith(f"{name}-")]
        assert weaker, f"{name}: no test beside it has a weaker order"
        for test in weaker:
            assert EXPECTED[test]["rc11"]["observation"] != holds
            strong_text, weak_text = (
                (ROOT / "tests" / "litmus" / f"{each}.litmus").read_text() for each in (name, test)
            )
            assert strong_text.count("memory_order_relaxed") < weak_text.count("memory_order_relaxed")


STRICT = """
#include <lockfree/check.h>
#include <stdatomic.h>
static _Atomic unsigned pushed, popped;
static void push(unsigned item) {
  LF_INVOKE("push", item);
  unsigned in = atomic_load_explicit(&pushed, memory_order_relaxed);
  atomic_thread_fence(memory_order_seq_cst);
  if (in - atomic_load_explicit(&popped, memory_order_acquire) == 2) {
    LF_RETURN("full", 0);
    return;
  }
  atomic_store_explicit(&pushed, in + 1, memory_order_release);
  LF_RETURN("ok", 0);
}
static void pop(void) {
  LF_INVOKE("pop", 0);
  unsigned out = atomic_load_explicit(&popped, memory_order_relaxed);
  atomic_thread_fence(memory_order_seq_cst);
  if (atomic_load_explicit(&pushed, memory_order_acquire) == out) {
    LF_RETURN("empty", 0);
    return;
  }
  atomic_store_explicit(&popped, out + 1, memory_order_release);
  LF_RETURN("ok", out + 1);
}
static void *push_two(void *unused) {
  push(2);
  push(3);
  return unused;
}
static void *pop_two(void *unused) {
  pop();
  pop();
  return unused;
}
/* specification: queue, capacity 2 */
LF_SCENARIO(no_assertion) {
  push(1);
  lf_thread a = lf_spawn(push_two, NULL), b = lf_spawn(pop_two, NULL);
  lf_join(a);
  lf_join(b);
}
"""


def test_a_history_kills(source):
    report = weaken(source("strict.c", STRICT))
    fences = [one for one in report.weakened if one.place.kind == "fence"]
    assert len(fences) == 4
    assert {(one.fate, one.verdict) for one in fences} == {("killed", "not-linearizable")}, said(report)


MESSAGE = """
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
static int data;
static atomic_int ready, counted;
static void *write_it(void *unused) {
  data = 1;
  FENCE
  atomic_store_explicit(&ready, 1, STORE);
  return unused;
}
static void *read_it(void *unused) {
  if (atomic_load_explicit(&ready, LOAD)) assert(data == 1);
  atomic_fetch_add_explicit(&counted, 1, COUNT);
  return unused;
}
int main(void) {
  pthread_t a, b;
  pthread_create(&a, NULL, write_it, NULL);
  pthread_create(&b, NULL, read_it, NULL);
  pthread_join(a, NULL);
  pthread_join(b, NULL);
  return 0;
}
"""


def message(fence="", store="release", load="acquire", count="relaxed"):
    text = MESSAGE.replace("FENCE", fence)
    for name, order in (("STORE", store), ("LOAD", load), ("COUNT", count)):
        text = text.replace(name, f"memory_order_{order}")
    return text


def changes(report):
    return {(one.change, one.fate) for one in report.weakened}


def test_an_order_that_nothing_needs_survives(source):
    report = weaken(source("m.c", message(count="seq_cst")))
    assert changes(report) == {
        ("store release -> relaxed", "killed"),
        ("load acquire -> relaxed", "killed"),
        ("update seq_cst -> acq_rel", "survived"),
        ("update seq_cst -> acquire", "survived"),
        ("update seq_cst -> release", "survived"),
        ("update seq_cst -> relaxed", "survived"),
    }
    assert report.code == 1
    assert "survived" in said(report)


def test_two_orders_that_do_for_each_other_are_killed_together(source):
    fence = "atomic_thread_fence(memory_order_release);"
    report = weaken(source("m.c", message(fence=fence)))
    assert ("store release -> relaxed", "survived") in changes(report)
    assert ("fence release left out", "survived") in changes(report)
    assert [(len(one.members), one.fate, one.verdict) for one in report.joint] == [(2, "killed", "race")]


def test_a_kept_order_names_its_reason_and_passes(source):
    text = message(count="seq_cst").replace(
        "  atomic_fetch_add", "  /* kept: lemma: 4 of the paper */\n  atomic_fetch_add"
    )
    report = weaken(source("m.c", text))
    assert {one.fate for one in report.weakened if one.place.kind == "update"} == {"kept"}
    assert report.code == 0
    assert "kept: lemma: 4 of the paper" in said(report)
    text = message().replace("  atomic_store", "  /* kept: lemma: 4 of the paper */\n  atomic_store")
    assert {one.fate for one in weaken(source("m.c", text)).weakened} == {"killed"}  # a reason hides no kill


def test_what_met_a_bound_is_no_survivor(source):
    text = message().replace(
        "if (atomic_load_explicit(&ready, memory_order_acquire)) assert(data == 1);",
        "if (atomic_load_explicit(&counted, memory_order_acquire)) atomic_load(&ready);",
    )
    text = text.replace("data = 1;", "atomic_store_explicit(&ready, 2, memory_order_relaxed);").replace(
        "atomic_store_explicit(&ready, 1, memory_order_release)",
        "atomic_store_explicit(&counted, 1, memory_order_release)",
    )
    full = weaken(source("m.c", text))
    assert "survived" in {one.fate for one in full.weakened}
    most = max(one.executions for one in full.weakened)
    limited = weaken(source("m.c", text), options=Options(executions=most))
    assert "bound" in {one.fate for one in limited.weakened}, said(limited)
    assert limited.code in (1, 2)


def test_scenarios_that_fail_as_they_are_are_not_weakened(source):
    with pytest.raises(BaselineError, match="race"):
        weaken(source("m.c", message(store="relaxed")))


def test_inlined_copies_are_one_place_and_two_on_a_line_are_two(source):
    text = message().replace(
        "static void *write_it",
        "static inline __attribute__((always_inline)) void count(void) {\n"
        "  atomic_fetch_add_explicit(&counted, 1, memory_order_release);\n}\nstatic void *write_it",
    )
    text = text.replace("  data = 1;", "  count();\n  count();\n  data = 1;").replace(
        "  atomic_fetch_add_explicit(&counted, 1, memory_order_relaxed);\n  return",
        "  atomic_store_explicit(&counted, 5, memory_order_release), atomic_store_explicit(&counted, 6,"
        " memory_order_release);\n  return",
    )
    report = weaken(source("m.c", text))
    updates = [one for one in report.weakened if one.place.kind == "update"]
    assert len(updates) == 1, said(report)
    stores = [one.place.nth for one in report.weakened if one.place.kind == "store" and one.fate == "survived"]
    assert sorted(stores) == [0, 1], said(report)


def test_a_failure_order_is_weakened(source):
    text = message().replace(
        "if (atomic_load_explicit(&ready, memory_order_acquire)) assert(data == 1);",
        "int seen = 0;\n  if (!atomic_compare_exchange_strong_explicit(&ready, &seen, 2, memory_order_relaxed,"
        " memory_order_acquire))\n    assert(data == 1);",
    )
    report = weaken(source("m.c", text))
    assert ("cas failure acquire -> relaxed", "killed") in changes(report)
    assert report.code == 0


def test_the_steps_down():
    assert weaker_orders("load", "seq_cst") == ("acquire",)
    assert weaker_orders("store", "seq_cst") == ("release",)
    assert weaker_orders("update", "acq_rel") == ("acquire", "release")
    assert weaker_orders("cas", "relaxed") == ()
    assert weaker_orders("fence", "acquire") == ("",)


def test_the_command_says_it_and_gives_json(check_command, source):
    done = check_command("spsc_ring", "--weaken", "--scenario", "strict")
    assert re.search(r"spsc_ring\.h:\d+ +fence seq_cst -> acq_rel +killed by strict:strict: assertion, after", done.out)
    done = check_command(source("m.c", message(count="seq_cst")), "--weaken", "--json")
    assert (done.code, done.json["verdict"]) == (1, "survived")
    assert {"killed", "survived"} == {one["fate"] for one in done.json["weakened"]}
    done = check_command(source("m.c", message(store="relaxed")), "--weaken")
    assert done.code == 1
    assert "data" in done.out
    assert check_command("spsc_ring", "--weaken", "--html", "x.html").code == 2
