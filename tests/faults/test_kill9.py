"""kill -9 at random instants under load: what emit had acknowledged is in the segments exactly once, and counted.

Each victim opens the directory that its predecessor was killed in, so that most of them are killed while they adopt,
drain, rotate or emit; at times two live at once. A fresh seed each run, printed when a run fails; LOCKFREE_SEED
repeats one.
"""

import os
import random
import shutil
import signal
import time
from collections import Counter

import pytest

import lockfree
from lockfree.collector.audit import audit
from tests.collector import oracle
from tests.faults import victim

# From 3.12 on fork warns of threads.
pytestmark = [pytest.mark.crash, pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")]

BATCH = 10
LONGEST = 0.06  # seconds from fork to kill


def kill_some(directory, chance: random.Random, first: int, rounds: int, form: str) -> dict[int, victim.Page]:
    """Starts and kills `rounds` victims, one or two at a time; their pages by number."""
    pages = {}
    number = first
    while number < first + rounds:
        together = [
            victim.start(directory, n, form)
            for n in range(number, min(number + chance.choice((1, 1, 2)), first + rounds))
        ]
        for pid, page in together:
            pages[number] = page
            number += 1
            time.sleep(chance.uniform(0, LONGEST))
            os.kill(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
            assert os.WIFSIGNALED(status), f"victim {number - 1} left by itself: {status}"
    return pages


def assert_exactly_once(directory, pages: dict[int, victim.Page]) -> int:
    """Every acknowledged event is there once; beyond them only one a thread, committed but not yet returned."""
    found = Counter(victim.identity(payload) for payload in oracle.payloads(directory))
    doubled = [event for event, n in found.items() if n > 1]
    assert not doubled, f"(victim, thread, n) more than once: {doubled[:5]}"
    for number, page in pages.items():
        for thread in range(victim.THREADS):
            acknowledged = page.accepted(thread)
            lost = [n for n in range(1, acknowledged + 1) if found.pop((number, thread, n), 0) == 0]
            assert not lost, f"victim {number}, thread {thread}: {len(lost)} acknowledged events lost, e.g. {lost[:5]}"
            found.pop((number, thread, acknowledged + 1), None)
    assert not found, f"events that nobody emitted: {list(found)[:5]}"
    return sum(page.accepted(thread) for page in pages.values() for thread in range(victim.THREADS))


def assert_counted(directory, pages: dict[int, victim.Page]) -> None:
    """The ledger's equations hold, and it has counted what the victims saw (give or take the call each died in)."""
    sums = oracle.assert_balanced(directory)
    dying = len(pages) * victim.THREADS
    for column, seen in (("accepted", victim.Page.accepted), ("rejected.full", victim.Page.rejected)):
        total = sum(seen(page, thread) for page in pages.values() for thread in range(victim.THREADS))
        assert total <= sums[column] <= total + dying, f"{column}: the victims saw {total}, the ledger {sums[column]}"


def kill_and_check(directory, rounds: int, form: str) -> int:
    seed = int(os.environ.get("LOCKFREE_SEED", random.SystemRandom().randrange(2**32)))
    print(f"LOCKFREE_SEED={seed}")  # noqa: T201 - pytest shows it when the test fails
    chance = random.Random(seed)
    acknowledged = 0
    for first in range(0, rounds, BATCH):
        batch = directory / str(first)
        pages = kill_some(batch, chance, first, BATCH, form)
        lockfree.Collector(batch, format=form).close()
        assert not oracle.lanes_left(batch)
        acknowledged += assert_exactly_once(batch, pages)
        assert_counted(batch, pages)
        report = audit(batch)
        assert report.ok, report
        shutil.rmtree(batch)  # some 100 MB
    return acknowledged


@pytest.mark.parametrize(("form", "instants"), [("binary", 40), ("ndjson", 20)])
def test_some_instants(tmp_path, form, instants):
    assert kill_and_check(tmp_path, instants, form) > 1000


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("form", "instants"), [("binary", 300), ("ndjson", 100)])
def test_many_instants(tmp_path, form, instants):
    assert kill_and_check(tmp_path, instants, form) > 10_000
