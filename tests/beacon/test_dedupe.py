"""Counting each event once, against the set that one would keep without caring for memory."""

import json
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

import lockfree
from examples.beacon.dedupe import Deduper, unique
from tests.beacon.service import ROOT

keyed = st.builds(
    lambda uid, page, n: {"uid": uid, "page": page, "n": n},
    st.sampled_from(["a", "b"]), st.sampled_from(["p", "q"]), st.integers(1, 12) | st.just(10**18),
)  # fmt: skip
unkeyed = st.sampled_from(
    [{}, {"uid": "a", "page": "p"}, {"uid": "a", "page": "p", "n": True}, {"uid": "a", "page": "p", "n": 0},
     {"uid": "a", "page": 3, "n": 1}, {"uid": None, "page": "p", "n": 1}, {"uid": "a", "page": "p", "n": 1.0}]
)  # fmt: skip


@given(st.lists(keyed | unkeyed, max_size=60))
def test_it_counts_as_a_set_of_keys_would(events):
    deduper = Deduper()
    seen, expected, unnumbered = set(), [], 0
    for event in events:
        key = (event.get("uid"), event.get("page"), event.get("n"))
        if [type(part) for part in key] != [str, str, int] or key[2] < 1:
            unnumbered += 1
            expected.append(event)
        elif key not in seen:
            seen.add(key)
            expected.append(event)
    assert list(unique(events, deduper)) == expected
    assert deduper.events == len(events)
    assert (deduper.unique, deduper.unnumbered) == (len(seen), unnumbered)
    pages = {key[:2] for key in seen}
    assert deduper.pages == len(pages)
    assert deduper.missing == sum(max(n for *page, n in seen if tuple(page) == p) for p in pages) - len(seen)


def test_a_page_in_order_costs_one_integer():
    deduper = Deduper()
    for n in range(1, 10_001):
        assert deduper.first({"uid": "u", "page": "p", "n": n})
    (page,) = deduper._pages.values()
    assert (page.dense, page.beyond) == (10_000, set())


def test_the_command_counts_a_directory(tmp_path):
    directory = tmp_path / "data"
    collector = lockfree.Collector(str(directory))
    for n in (1, 2, 2, 4, 1):
        collector.emit(json.dumps({"uid": "u", "page": "p", "n": n}).encode())
    collector.emit(json.dumps({"uid": "u", "page": "p", "n": 5, "kind": "dropped", "data": {"count": 7}}).encode())
    collector.emit(b"not an event")
    collector.close()

    def run(*options):
        command = [sys.executable, "-m", "examples.beacon.dedupe", *options]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    counts = run(str(directory))
    assert counts.returncode == 0, counts.stderr
    assert counts.stdout == (
        "6 events of 1 pages: 4 unique, 2 doubled, 0 without a number, 1 missing, 7 dropped by the pages themselves\n"
    )
    listed = run(str(directory), "--events")
    assert [json.loads(line)["n"] for line in listed.stdout.splitlines()] == [1, 2, 4, 5]
    absent = run(str(tmp_path / "absent"))
    assert absent.returncode == 2
    assert "absent" in absent.stderr
    assert "Traceback" not in absent.stderr
