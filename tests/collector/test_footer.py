"""A finished segment's footer says which events it has, how many and from when to when; a reader reads no others."""

import os
import random
from dataclasses import dataclass

import pytest

import lockfree
from lockfree.collector.audit import audit
from lockfree.collector.reader import read
from lockfree.collector.stats import directory_stats
from tests.collector import oracle
from tests.collector.plain_format import GAP, Lane, SegmentWriter, ledger_line, typed

A, B = Lane(lane=0xA1), Lane(lane=0xA2, process=0xB2, nonce=77)
CLICK, VIEW = 16, 17
SCHEMAS = {(A.process, CLICK): "click(item:int)", (A.process, VIEW): "view(item:int)"}


@dataclass
class Click:
    item: int


@dataclass
class View:
    item: int


def counted(directory):
    """What the footers should say: kind -> count, from the records themselves."""
    found = {}
    for event in oracle.events(directory):
        found[event.kind] = found.get(event.kind, 0) + 1
    return found


def said(directory):
    found = {}
    for path in oracle.segments(directory):
        for _, kind, _, count, low, high, _ in oracle.footer(path)[1]:
            assert low <= high
            if kind != GAP:
                found[kind] = found.get(kind, 0) + count
    return found


@pytest.mark.parametrize("segment_bytes", ["64KiB", "64MiB"])
def test_the_drain_counts_each_kind(directory, segment_bytes):
    draw = random.Random(3)
    with lockfree.Collector(directory, segment_bytes=segment_bytes) as collector:
        emits = [collector.event(Click), collector.event(View), lambda i: collector.emit(b"%d" % i)]
        for i in range(6000):
            assert draw.choice(emits)(i)
            if i % 500 == 0:
                collector.flush()
    assert said(directory) == counted(directory)
    assert set(said(directory)) == {0, CLICK, VIEW}
    for path in oracle.segments(directory):
        data = path.read_bytes()
        for _, kind, _, _, _, _, schema_at in oracle.footer(path)[1]:
            assert (schema_at == 0) == (kind == 0)
            assert kind == 0 or data[schema_at + 96 :].startswith(b"click(" if kind == CLICK else b"view(")


def test_whoever_finishes_a_dead_writers_file_counts_each_kind(directory):
    pid = os.fork()
    if pid == 0:
        collector = lockfree.Collector(directory)
        click, view = collector.event(Click), collector.event(View)
        for i in range(300):
            click(i)
            view(i)
            view(i)
        collector.flush()
        os._exit(0)
    os.waitpid(pid, 0)
    [part] = (directory / "segments").glob("*.part")
    lockfree.Collector(directory).close()
    finished = part.with_suffix("")
    _, events = oracle.footer(finished)
    assert {event[1]: event[3] for event in events} == {CLICK: 300, VIEW: 600}
    data = finished.read_bytes()
    assert all(data[event[6] + 96 :].startswith((b"click(", b"view(")) for event in events)
    assert said(directory) == counted(directory)


ONE, TWO, THREE = 0x51515151, 0x52525252, 0x53535353
HOUR = 3_600_000_000_000


def three_files(directory, *, table=True):
    """Clicks; views; views and, an hour later, clicks. A view of the last two is damaged: who reads it will say so."""
    early = A.records(1, [typed(ONE)] * 3, kind=CLICK)
    views = [A.records(first, [typed(TWO)] * 3, kind=VIEW) for first in (4, 7)]
    late = A.records(10, [typed(THREE)] * 3, ticks=[HOUR, HOUR + 1, HOUR + 2], kind=CLICK)
    for number, rows in enumerate([early, views[0], views[1] + late]):
        path = SegmentWriter(number=number, runs=[(A, rows)], schemas=SCHEMAS, table=table).write(directory)
        if number:
            data = bytearray(path.read_bytes())
            data[data.index(typed(TWO))] ^= 0xFF
            path.write_bytes(data)


def ask(directory, **options):
    damage = []
    found = [row["item"] for batch in read(directory, report=damage.append, **options) for row in batch]
    return found, {damaged.path.name[-5:] for damaged in damage}


def test_a_file_without_the_event_at_that_time_is_not_read(tmp_path):
    three_files(tmp_path)
    noon = A.wall + HOUR // 2
    assert ask(tmp_path, event="click", until=noon) == ([ONE] * 3, set())
    assert ask(tmp_path, event="click") == ([ONE] * 3 + [THREE] * 3, {"2.lfs"})
    assert ask(tmp_path, event="view", until=noon) == ([TWO] * 4, {"1.lfs", "2.lfs"})
    assert ask(tmp_path, event="view", since=noon) == ([], set())
    assert ask(tmp_path, event="nothing") == ([], set())


def test_a_footer_without_the_table_hides_nothing(tmp_path):
    three_files(tmp_path, table=False)
    assert ask(tmp_path, event="click") == ([ONE] * 3 + [THREE] * 3, {"1.lfs", "2.lfs"})


def test_a_table_that_contradicts_the_lanes_hides_nothing_and_the_audit_names_it(tmp_path):
    rows = A.records(1, [typed(1)] * 3, kind=CLICK)

    path = SegmentWriter(runs=[(A, rows)], schemas=SCHEMAS).write(tmp_path)
    (tmp_path / "ledger").write_text(ledger_line(A.lane, accepted=3))
    assert audit(tmp_path).ok
    # The same rows under another kind: the table says what the file does not hold.
    other = SegmentWriter(runs=[(A, [(seq, ticks, VIEW, raw) for seq, ticks, _, raw in rows])], schemas=SCHEMAS)
    theirs, mine = other.data(), path.read_bytes()
    assert len(theirs) == len(mine)
    footer_at = int.from_bytes(mine[-16:-8], "little")
    path.write_bytes(mine[:footer_at] + theirs[footer_at:])
    problems = [problem.text for problem in audit(tmp_path).problems]
    assert any("its footer says 0 records of kind 16" in text for text in problems)
    assert any("its footer says 3 records of kind 17" in text for text in problems)


def test_stats_count_events_by_name_from_the_footers(tmp_path):
    three_files(tmp_path)
    damage = []
    assert directory_stats(tmp_path, report=damage.append).events == {"click": 6, "view": 6}
    assert damage == []
