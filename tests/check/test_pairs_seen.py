"""Declared pairs against those that the model sees synchronize: ours agree; a missing one and one too many are told."""

import pytest

from lockfree.check.baseline import BaselineError
from lockfree.check.pairs import pairs
from lockfree.check.runner import Options


@pytest.fixture(autouse=True)
def cache(kept, monkeypatch):
    monkeypatch.setenv("LOCKFREE_CACHE", str(kept))


def fates(report):
    return {(one.left, one.arrow, one.right): one.fate for one in report.found if one.fate != "by the way"}


RING = {
    ("push:publish", "->", "pop:observe"): "seen",
    ("pop:retire", "->", "push:reclaim"): "seen",
    ("close:announce", "->", "pop:ended"): "seen",
    ("push:decide", "<>", "pop:decide"): "seen",
}


@pytest.mark.parametrize("name", ["spsc_ring", "spsc_bytes"])
def test_what_is_declared_is_seen_and_nothing_else(name):
    report = pairs(name)
    assert fates(report) == RING, "\n".join(report.lines())
    assert report.code == 0


def test_the_eventcounts_pairs_and_its_fences():
    report = pairs("eventcount", options=Options(scenario="next_sleeper"))
    found = fates(report)
    assert found["notify:advance", "->", "sleep:announce"] == "seen"
    assert found["light:order", "<>", "heavy:order"] == "seen"
    assert "undeclared" not in found.values()


def test_a_scenario_that_is_missing_leaves_a_pair_unseen():
    report = pairs("spsc_ring", options=Options(scenario="empty"))
    found = fates(report)
    assert found["push:publish", "->", "pop:observe"] == "seen"
    never = {words for words, fate in found.items() if fate == "never"}
    assert {frozenset((left, right)) for left, _, right in never} == {
        frozenset(("pop:retire", "push:reclaim")),
        frozenset(("close:announce", "pop:ended")),
        frozenset(("push:decide", "pop:decide")),
    }
    assert report.code == 1


MESSAGE = """
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
static int data;
static atomic_int ready;
static void *write_it(void *unused) {
  data = 1;
  /* WRITES */
  atomic_store_explicit(&ready, 1, memory_order_release);
  return unused;
}
static void *read_it(void *unused) {
  /* READS */
  if (atomic_load_explicit(&ready, memory_order_acquire)) assert(data == 1);
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


def message(writes, reads):
    return MESSAGE.replace("WRITES", writes).replace("READS", reads)


def test_a_pair_that_nobody_declared(source):
    declared = message("[write:publish] pairs with [read:observe]", "[read:observe] pairs with [write:publish]")
    report = pairs(source("m.c", declared))
    assert fates(report) == {("write:publish", "->", "read:observe"): "seen"}
    assert report.code == 0
    other = message("[write:publish] pairs with [read:other]", "[read:observe] pairs with [write:other]")
    report = pairs(source("m.c", other))
    assert (report.code, sorted(fates(report).values())) == (1, ["never", "never", "undeclared"])
    undeclared = next(one for one in report.found if one.fate == "undeclared")
    assert (undeclared.left, undeclared.right) == ("m.c:9 [write:publish]", "m.c:14 [read:observe]")
    assert undeclared.count > 0
    report = pairs(source("m.c", message("no words", "none")))
    assert list(fates(report).values()) == ["undeclared"]


FENCES = """
#include <pthread.h>
#include <stdatomic.h>
static atomic_int x, y;
static void *one(void *unused) {
  atomic_store_explicit(&x, 1, memory_order_relaxed);
  /* [one:decide] ordered with [two:decide]; forbids: both miss */
  atomic_thread_fence(memory_order_seq_cst);
  (void)atomic_load_explicit(&y, memory_order_relaxed);
  return unused;
}
static void *two(void *unused) {
  atomic_store_explicit(WHICH, 1, memory_order_relaxed);
  /* [two:decide] ordered with [one:decide]; forbids: both miss */
  atomic_thread_fence(memory_order_seq_cst);
  (void)atomic_load_explicit(OTHER, memory_order_relaxed);
  return unused;
}
int main(void) {
  pthread_t a, b;
  pthread_create(&a, NULL, one, NULL);
  pthread_create(&b, NULL, two, NULL);
  pthread_join(a, NULL);
  pthread_join(b, NULL);
  return 0;
}
"""


def test_fences_that_decide_something_and_fences_that_do_not(source):
    together = FENCES.replace("WHICH", "&y").replace("OTHER", "&x")
    report = pairs(source("f.c", together))
    assert fates(report) == {("one:decide", "<>", "two:decide"): "seen"}
    assert report.code == 0
    apart = FENCES.replace("static atomic_int x, y;", "static atomic_int x, y, v, w;")
    report = pairs(source("f.c", apart.replace("WHICH", "&v").replace("OTHER", "&w")))
    assert fates(report) == {("one:decide", "<>", "two:decide"): "never"}


def test_scenarios_must_pass(source):
    racy = message("", "").replace("memory_order_release", "memory_order_relaxed")
    with pytest.raises(BaselineError, match="race"):
        pairs(source("m.c", racy))


def test_the_command_says_it_and_gives_json(check_command):
    done = check_command("spsc_ring", "--pairs")
    assert done.code == 0
    assert "push:publish -> pop:observe" in done.words
    assert "0 never, 0 undeclared" in done.out
    done = check_command("spsc_ring", "--pairs", "--scenario", "empty", "--json")
    assert (done.code, done.json["verdict"]) == (1, "pairs")
    assert {"seen", "never"} <= {pair["fate"] for pair in done.json["pairs"]}
    assert check_command("spsc_ring", "--pairs", "--weaken").code == 2
