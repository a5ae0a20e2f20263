"""Reading directories written by the plain writer: order, selection, types, pending lanes, damage."""

import fcntl
import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockfree.collector import processes
from lockfree.collector.damage import DamageWarning
from lockfree.collector.merge import Stream, merge
from lockfree.collector.reader import read, records
from lockfree.collector.record import BinaryChunk

from .plain_format import Lane, SegmentWriter, lane_file, ledger_line, process_file, typed

A = Lane(lane=0xA1)
B = Lane(lane=0xA2, nonce=77)
WALL = A.wall


def keys(path, **options):
    return [(record.lane, record.seq) for record in records(path, **options)]


def payloads(path, **options):
    return [record.payload for record in records(path, **options)]


def test_two_lanes_come_in_the_order_of_time_then_lane_then_number(tmp_path):
    a = A.records(1, [b"a1", b"a2", b"a3", b"a4"], ticks=[10, 20, 20, 40])
    b = B.records(1, [b"b1", b"b2", b"b3"], ticks=[5, 20, 50])
    SegmentWriter(runs=[(A, a[:3]), (B, b), (A, a[3:])]).write(tmp_path)
    assert payloads(tmp_path) == [b"b1", b"a1", b"a2", b"a3", b"b2", b"a4", b"b3"]


def test_many_lanes_in_many_blocks_and_files_are_sorted_as_a_whole(tmp_path):
    random = np.random.default_rng(5)
    lanes = [Lane(lane=100 + i, nonce=i) for i in range(7)]
    rows = {
        lane.lane: lane.records(1, [b"x"] * 60, ticks=np.sort(random.integers(0, 300, 60)).tolist()) for lane in lanes
    }
    for number in range(3):
        part = slice(number * 20, number * 20 + 20)
        runs = [(lane, rows[lane.lane][part][i : i + 7]) for i in range(0, 20, 7) for lane in lanes]
        SegmentWriter(number=number, runs=runs).write(tmp_path)
    expected = sorted((ticks, lane, seq) for lane, mine in rows.items() for seq, ticks, _, _ in mine)
    assert [(r.ts - WALL, r.lane, r.seq) for r in records(tmp_path)] == expected


def test_a_lane_keeps_its_order_when_its_clock_was_set_back(tmp_path):
    rows = A.records(1, [b"1", b"2", b"3", b"4"], ticks=[100, 50, 60, 200])
    other = B.records(1, [b"x"], ticks=[70])
    SegmentWriter(runs=[(A, rows[:2]), (A, rows[2:]), (B, other)]).write(tmp_path)
    found = [record for record in records(tmp_path) if record.lane == A.lane]
    assert [record.payload for record in found] == [b"1", b"2", b"3", b"4"]
    assert [record.ts - WALL for record in found] == [100, 50, 60, 200]


def test_pending_records_follow_what_is_in_segments_and_come_once(tmp_path):
    rows = A.records(1, [b"1", b"2", b"3", b"4", b"5"])
    SegmentWriter(runs=[(A, rows[:3])]).write(tmp_path, part=True)
    # The drain was killed between the write and the acknowledgement: 2 and 3 stand in both places.
    (tmp_path / "lane-b1-a1.lfl").write_bytes(lane_file(A, rows[1:], acked=1))
    assert payloads(tmp_path) == [b"1", b"2", b"3", b"4", b"5"]
    assert payloads(tmp_path, pending=False) == [b"1", b"2", b"3"]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.lists(st.integers(0, 20), max_size=6), max_size=4), min_size=1, max_size=4))
def test_any_times_merge_in_one_order_that_keeps_each_lane_s(lanes):
    """lanes: blocks of times, in any order: the key is the largest time so far in the lane."""
    streams, expected = [], []
    for lane, blocks in enumerate(lanes):
        chunks, seq, top = [], 0, 0
        for block in blocks:
            numbers = np.arange(seq + 1, seq + 1 + len(block), dtype=np.uint64)
            code, none = np.full(len(block), -1, np.int16), np.zeros(len(block), np.int64)
            times, kind = np.array(block, np.int64), np.zeros(len(block), np.uint32)
            chunks.append(BinaryChunk(lane, numbers, times, code, [], b"", none, none, kind, {}))
            for ts in block:
                seq, top = seq + 1, max(top, ts)
                expected.append((top, lane, seq))
        floor = min((ts for block in blocks for ts in block), default=0)
        streams.append(Stream(floor, lane, iter(chunks)))
    found = [
        (batch.chunks[chunk].lane, int(batch.chunks[chunk].seq[row]))
        for batch in merge(streams)
        for chunk, row in zip(batch.chunk.tolist(), batch.row.tolist(), strict=True)
    ]
    assert found == [(lane, seq) for _, lane, seq in sorted(expected)]


@pytest.mark.parametrize("hide", [False, True])
def test_a_process_is_alive_while_it_holds_its_lock(tmp_path, monkeypatch, hide):
    """hide: the kernel's list of locks shows nothing, as for an owner in another PID namespace."""
    if hide:
        monkeypatch.setattr(processes, "_KERNEL_LIST", Path("/dev/null"))
    path = tmp_path / "proc-b1.lfp"
    path.write_bytes(process_file(A.process))
    for lock in (fcntl.LOCK_EX, None):
        with path.open("rb") as owner:
            if lock is not None:
                fcntl.flock(owner, lock)
            assert processes.read_process(path, pytest.fail).alive == (lock is not None)
            # The look must leave the lock free for who wants it next.
            if lock is None:
                fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.parametrize("popped", [0, 65536 - 64, 65536 - 8, 3 * 65536 + 65000])
def test_a_lane_is_read_round_its_edge(tmp_path, popped):
    rows = A.records(7, [b"long" * 25, *(bytes([65 + i]) * (11 * i % 50) for i in range(40))])
    (tmp_path / "lane-b1-a1.lfl").write_bytes(lane_file(A, rows, popped=popped))
    assert payloads(tmp_path) == [row[3] for row in rows]


def test_typed_events_come_as_columns(tmp_path):
    schemas = {(A.process, 16): "click(uid:str,item:int,price:float,new:bool,raw:bytes)", (A.process, 17): "tick()"}
    values = [("u1", 42, 9.5, True, b"\0\xff"), ("ü", -7, -0.25, False, b"")]
    rows = A.records(1, [typed(*value) for value in values], kind=16)
    rows += A.records(3, [b""], kind=17) + A.records(4, [b"raw"])
    SegmentWriter(runs=[(A, rows)], schemas=schemas).write(tmp_path)
    (batch,) = read(tmp_path, event="click")
    assert batch.dtype.names == ("uid", "item", "price", "new", "raw", "_lane", "_seq", "_ts")
    assert [tuple(row) for row in batch[["uid", "item", "price", "new", "raw"]].tolist()] == values
    assert batch["price"].dtype == np.float64
    assert batch["_seq"].tolist() == [1, 2]
    assert batch["_ts"].tolist() == [WALL + 1_000_000, WALL + 2_000_000]
    (every,) = read(tmp_path)
    assert every["event"].tolist() == ["click", "click", "tick", None]
    assert every["payload"].tolist() == [
        {"uid": "u1", "item": 42, "price": 9.5, "new": True, "raw": b"\0\xff"},
        {"uid": "ü", "item": -7, "price": -0.25, "new": False, "raw": b""},
        {},
        b"raw",
    ]
    assert list(read(tmp_path, event="nothing")) == []


def test_a_shape_that_changed_gives_arrays_of_one_shape_each(tmp_path):
    schemas = {(A.process, 16): "click(item:int)", (A.process, 17): "click(item:int,price:float)"}
    rows = A.records(1, [typed(1), typed(2)], kind=16) + A.records(3, [typed(3, 0.5)], kind=17)
    SegmentWriter(runs=[(A, rows)], schemas=schemas).write(tmp_path)
    first, second = read(tmp_path, event="click")
    assert first["item"].tolist() == [1, 2]
    assert (second["item"].tolist(), second["price"].tolist()) == ([3], [0.5])


def test_schemas_of_pending_events_are_in_the_process_file(tmp_path):
    (tmp_path / "lane-b1-a1.lfl").write_bytes(lane_file(A, A.records(1, [typed("u", 5)], kind=16)))
    (tmp_path / "proc-b1.lfp").write_bytes(process_file(A.process, schemas=["click(uid:str,item:int)"]))
    (batch,) = read(tmp_path, event="click")
    assert batch[["uid", "item"]].tolist() == [("u", 5)]


def test_kinds_are_each_process_s_own(tmp_path):
    other = Lane(lane=0xC1, process=0xD1, nonce=9)
    schemas = {(A.process, 16): "click(item:int)", (other.process, 16): "view(page:str)"}
    runs = [(A, A.records(1, [typed(1)], kind=16)), (other, other.records(1, [typed("p")], kind=16))]
    SegmentWriter(runs=runs, schemas=schemas).write(tmp_path)
    assert [record.event for record in records(tmp_path)] == ["click", "view"]


def test_since_is_included_and_until_is_not(tmp_path):
    SegmentWriter(runs=[(A, A.records(1, [b"x"] * 10))]).write(tmp_path)
    start = WALL + 3_000_000
    assert [seq for _, seq in keys(tmp_path, since=start, until=WALL + 6_000_000)] == [3, 4, 5]
    moment = datetime.fromtimestamp(1_700_000_000, UTC).replace(microsecond=3000)
    assert [seq for _, seq in keys(tmp_path, since=moment)] == list(range(3, 11))
    assert keys(tmp_path, since=1_700_000_001.5) == []
    assert len(keys(tmp_path, since=1_699_999_999.0)) == 10


@pytest.mark.parametrize("since", [True, "yesterday", float("nan"), float("inf")])
def test_a_moment_that_is_none_is_refused(tmp_path, since):
    SegmentWriter(runs=[(A, A.records(1, [b"x"]))]).write(tmp_path)
    with pytest.raises((TypeError, ValueError), match="a moment"):
        list(records(tmp_path, since=since))


def test_a_range_reads_only_the_blocks_it_needs(tmp_path, monkeypatch):
    second = 1_000_000_000
    for number in range(4):
        runs = [
            (
                A,
                A.records(
                    1 + 50 * (4 * number + i),
                    [b"y" * 100] * 50,
                    ticks=[(4 * number + i) * second + k for k in range(50)],
                ),
            )
            for i in range(4)
        ]
        SegmentWriter(number=number, runs=runs).write(tmp_path)
    total = sum(file.stat().st_size for file in (tmp_path / "segments").iterdir())
    bytes_read = 0
    pread = os.pread

    def counting(fd, nbytes, at):
        nonlocal bytes_read
        data = pread(fd, nbytes, at)
        bytes_read += len(data)
        return data

    monkeypatch.setattr(os, "pread", counting)
    found = keys(tmp_path, since=WALL + 6 * second, until=WALL + 7 * second)
    assert [seq for _, seq in found] == list(range(301, 351))
    assert bytes_read < total / 4


def test_one_segment_a_directory_of_segments_and_a_link_can_be_read(tmp_path):
    file = SegmentWriter(runs=[(A, A.records(1, [b"x", b"y"]))]).write(tmp_path / "elsewhere")
    assert payloads(file) == [b"x", b"y"]
    assert payloads(file.parent) == [b"x", b"y"]
    (tmp_path / "app").mkdir()
    (tmp_path / "app/segments").symlink_to(file.parent)
    assert payloads(tmp_path / "app") == [b"x", b"y"]


def test_a_copied_segment_doubles_nothing(tmp_path):
    file = SegmentWriter(runs=[(A, A.records(1, [b"x", b"y"]))]).write(tmp_path)
    (file.parent / ("0" * 16 + "-00000000.lfs")).write_bytes(file.read_bytes())
    assert payloads(tmp_path) == [b"x", b"y"]


def test_what_is_no_collector_s_directory_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="give a collector's directory"):
        read(tmp_path / "absent")
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(ValueError, match="not a collector's directory"):
        read(tmp_path)


def test_an_empty_collector_has_no_events(tmp_path):
    (tmp_path / "segments").mkdir()
    (tmp_path / "ledger").write_text(ledger_line(A.lane, accepted=0))
    assert list(read(tmp_path)) == []


def test_ndjson_reads_like_binary(tmp_path):
    rows = A.records(1, ["ä\n\r\0".encode(), b"", b'"quoted"'])
    writer = SegmentWriter(runs=[(A, rows[:2]), (B, B.records(1, [b"b"])), (A, rows[2:])])
    writer.write(tmp_path / "text", ndjson=True)
    writer.write(tmp_path / "binary")
    assert list(records(tmp_path / "text")) == list(records(tmp_path / "binary"))
    assert [seq for _, seq in keys(tmp_path / "text", since=WALL + 2_000_000)] == [2, 3]


def test_ndjson_typed_and_base64(tmp_path):
    (tmp_path / "segments").mkdir()
    lines = [
        '"seq":1,"ts":5,"event":"click","data":{"uid":"u","item":1,"price":2,"new":true}',
        '"seq":2,"ts":6,"event":"click","data":{"uid":"v","item":2,"price":2.5,"new":false}',
        '"seq":3,"ts":7,"event":null,"payload_base64":"/wA="',
    ]
    text = "".join('{"lane":"00000000000000a1",' + line + "}\n" for line in lines)
    (tmp_path / "segments/00000000000000b1-00000000.ndjson.part").write_text(text + '{"lane":"0000')
    (batch,) = read(tmp_path, event="click")
    assert batch["price"].tolist() == [2.0, 2.5]
    assert batch["uid"].tolist() == ["u", "v"]
    assert batch["item"].dtype == np.int64
    assert payloads(tmp_path)[2] == b"\xff\0"


def test_the_default_report_is_a_warning_and_the_rest_is_read(tmp_path):
    file = SegmentWriter(runs=[(A, A.records(1, [b"x" * 40] * 5))]).write(tmp_path)
    data = bytearray(file.read_bytes())
    data[data.index(b"x" * 40, 500)] ^= 1
    file.write_bytes(data)
    with pytest.warns(DamageWarning, match="not records of this lane"):
        found = keys(tmp_path)
    assert len(found) == 4
