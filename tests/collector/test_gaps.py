"""Dropped events are in the stream: a gap in its place, once, with how many, why and when; never an event."""

import json
import subprocess
import sys
import time

import pytest

import lockfree
from lockfree.collector.audit import audit
from lockfree.collector.reader import records
from tests.collector import oracle
from tests.collector.plain_format import Lane, SegmentWriter, block, gap, lane_file, ledger_line, record

A = Lane(lane=0xA1)


def fill_and_drop(collector, dropped):
    """Fills the lane, then offers as many more; how many went in."""
    taken = 0
    while collector.emit(b"taken" + bytes(59)):
        taken += 1
    assert not any(collector.emit(b"dropped" + bytes(57)) for _ in range(dropped - 1))
    return taken


def in_order(path, **options):
    return [
        ("gap", row.seq, dict(row.rejected)) if isinstance(row, lockfree.Gap) else ("event", row.seq)
        for row in records(path, gaps=True, report=pytest.fail, **options)
    ]


@pytest.mark.parametrize("form", ["binary", "ndjson"])
def test_a_gap_stands_where_the_events_are_missing(directory, form):
    with lockfree.Collector(directory, memory="1MiB", lane_bytes="64KiB", drain=False, format=form) as collector:
        before = time.time_ns()
        taken = fill_and_drop(collector, dropped=5)
        after = time.time_ns()
        collector.flush()
        assert collector.emit(b"one more")
        stats = collector.stats()
        assert (stats.accepted, stats.rejected["full"], stats.offered) == (taken + 1, 5, taken + 6)
    assert in_order(directory) == [
        *(("event", seq) for seq in range(1, taken + 1)),
        ("gap", taken + 1, {"full": 5}),
        ("event", taken + 1),
    ]
    [found] = [row for row in records(directory, gaps=True) if isinstance(row, lockfree.Gap)]
    assert found.count == 5
    slack = 2_000_000  # the clock's rate was measured over some milliseconds
    assert before - slack <= found.since <= found.until <= found.ts + slack
    assert found.until <= after + slack
    assert audit(directory).ok
    oracle.assert_balanced(directory)
    assert len(list(records(directory))) == taken + 1
    assert sum(len(batch) for batch in lockfree.read(directory)) == taken + 1


@pytest.mark.parametrize("form", ["binary", "ndjson"])
def test_what_was_dropped_last_is_told_at_close(directory, form):
    with lockfree.Collector(directory, memory="1MiB", lane_bytes="64KiB", drain=False, format=form) as collector:
        taken = fill_and_drop(collector, dropped=3)
    assert in_order(directory)[-2:] == [("event", taken), ("gap", taken + 1, {"full": 3})]
    assert audit(directory).ok
    oracle.assert_balanced(directory)


def test_a_gap_in_a_lane_of_a_dead_process_is_read_and_then_adopted_once(directory):
    program = (
        "import os, signal, lockfree\n"
        f"c = lockfree.Collector({str(directory)!r}, memory='1MiB', lane_bytes='64KiB', drain=False)\n"
        "while c.emit(bytes(64)): pass\n"
        "c.flush(); c.emit(b'x'); c.emit(b'y')\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    waiting = in_order(directory)
    assert [row for row in waiting if row[0] == "gap"] == [("gap", len(waiting) - 2, {"full": 1})]
    assert audit(directory).ok
    lockfree.Collector(directory).close()
    assert in_order(directory) == waiting
    assert not (directory / "quarantine").exists()
    assert audit(directory).ok


def test_a_gap_is_shown_whatever_event_is_asked_for_and_within_the_time(tmp_path):
    rows = [*A.records(1, [b"1", b"2"]), gap(3, 2_500_000, 2_100_000, 2_400_000, full=7), *A.records(3, [b"3"])]
    SegmentWriter(runs=[(A, rows)]).write(tmp_path)
    everything = [("event", 1), ("event", 2), ("gap", 3, {"full": 7}), ("event", 3)]
    assert in_order(tmp_path) == everything
    assert in_order(tmp_path, event="click") == [everything[2]]
    assert in_order(tmp_path, since=A.wall + 2_500_000) == everything[2:]
    assert in_order(tmp_path, until=A.wall + 2_500_000) == everything[:2]
    [found] = [row for row in records(tmp_path, gaps=True) if isinstance(row, lockfree.Gap)]
    assert found == lockfree.Gap(A.lane, 3, A.wall + 2_500_000, A.wall + 2_100_000, A.wall + 2_400_000, {"full": 7})


def test_a_gap_that_was_delivered_twice_comes_once(tmp_path):
    """Its writer was killed between the write and the acknowledgement, and the adopter wrote it again."""
    one, three = A.records(1, [b"1"]), A.records(2, [b"2", b"3"])
    told = gap(2, 1_500_000, 1_100_000, 1_200_000, full=2)
    SegmentWriter(runs=[(A, [*one, told])], number=0).write(tmp_path)
    SegmentWriter(runs=[(A, [told, *three])], number=1).write(tmp_path)
    (tmp_path / "lane-b1-a1.lfl").write_bytes(lane_file(A, [told, *three], acked=1, rejected=[2], offered=5))
    expected = [("event", 1), ("gap", 2, {"full": 2}), ("event", 2), ("event", 3)]
    assert in_order(tmp_path) == expected
    assert [one.seq for one in records(tmp_path)] == [1, 2, 3]


def test_a_gap_of_another_length_is_no_gap(tmp_path):
    SegmentWriter(runs=[(A, [(1, 1_000_000, 2, b"short"), *A.records(1, [b"1"])])]).write(tmp_path)
    said = []
    found = list(records(tmp_path, gaps=True, report=said.append))
    assert not any(isinstance(row, lockfree.Gap) for row in found)
    assert "kind 2" in str(said[0])


def test_a_block_that_ends_with_a_gap_is_whole_for_whoever_finishes_its_file(tmp_path):
    """The writer was killed between the last block and the footer."""
    rows = [*A.records(1, [b"1", b"2"]), gap(3, 2_500_000, 2_100_000, 2_400_000, full=7)]
    part = SegmentWriter(runs=[(A, rows)]).write(tmp_path, part=True)
    alone = block(3, record(A.nonce, *rows[2][:2], rows[2][3], 2), owner=A.lane, rows=rows[2:], wall=A.wall, crc=False)
    part.write_bytes(part.read_bytes() + alone)
    (tmp_path / "ledger").write_text(ledger_line(A.lane, accepted=2, rejected={"full": 7}))
    lockfree.Collector(tmp_path).close()
    assert not (tmp_path / "quarantine").exists()
    [path] = [path for path in (tmp_path / "segments").iterdir() if path.name == part.name.removesuffix(".part")]
    [lane], events = oracle.footer(path)
    assert lane[2:5] == (1, 2, 2)
    assert sorted(event[:4] for event in events) == [(A.process, 0, 0, 2), (A.process, 2, 0, 2)]
    assert in_order(tmp_path) == [("event", 1), ("event", 2), ("gap", 3, {"full": 7})]


def test_cat_shows_gaps_with_json_only(directory):
    with lockfree.Collector(directory, memory="1MiB", lane_bytes="64KiB", drain=False) as collector:
        taken = fill_and_drop(collector, dropped=2)
        collector.flush()
        collector.emit(b"last")

    def cat(*options):
        command = [sys.executable, "-m", "lockfree", "cat", str(directory), *options]
        return subprocess.run(command, capture_output=True, check=True).stdout.splitlines()

    assert len(cat()) == taken + 1
    lines = [json.loads(line) for line in cat("--json")]
    told = lines[taken]["gap"]
    assert (len(lines), told["before"], told["rejected"]) == (taken + 2, taken + 1, {"full": 2})
