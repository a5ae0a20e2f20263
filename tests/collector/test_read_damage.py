"""Files that are truncated, bit-flipped, random or foreign: said, stepped over, the rest read, nothing invented."""

import random
import struct
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockfree.collector.audit import audit
from lockfree.collector.reader import read, records

from .plain_format import Lane, SegmentWriter, block, lane_file, ledger_line, process_file, record, typed

A = Lane(lane=0xA1)
B = Lane(lane=0xA2, nonce=77)


def collect(path):
    said = []
    found = list(records(path, report=said.append))
    return found, said


def seqs(found, lane=A):
    return [record.seq for record in found if record.lane == lane.lane]


def truth(path):
    """(lane, seq) -> what the record says."""
    return {(record.lane, record.seq): record for record in records(path)}


def nothing_invented(found, true):
    for one in found:
        real = true[one.lane, one.seq]
        assert (one.event, one.payload, one.fields) == (real.event, real.payload, real.fields)
    assert len({(one.lane, one.seq) for one in found}) == len(found)


def whole(directory):
    """Two lanes, raw and typed, in two segments, with pending records, a process file and a ledger."""
    a, b = (
        A.records(1, [b"a%d" % i * (i % 7) for i in range(40)]),
        B.records(1, [typed(f"u{i}", i) for i in range(40)], kind=16),
    )
    schemas = {(A.process, 16): "click(uid:str,item:int)"}
    SegmentWriter(number=0, runs=[(A, a[:15]), (B, b[:20])], schemas=schemas).write(directory)
    SegmentWriter(number=1, runs=[(A, a[15:30]), (B, b[20:])], schemas=schemas).write(directory, part=True)
    (directory / "lane-b1-a1.lfl").write_bytes(lane_file(A, a[30:], capacity=4096, popped=4096 - 96))
    (directory / "proc-b1.lfp").write_bytes(process_file(A.process, schemas=["click(uid:str,item:int)"]))
    (directory / "ledger").write_text(ledger_line(B.lane, accepted=40))


@pytest.fixture(scope="module")
def right(tmp_path_factory):
    directory = tmp_path_factory.mktemp("right")
    whole(directory)
    true = truth(directory)
    assert len(true) == 80
    assert audit(directory).ok
    files = {str(file.relative_to(directory)): file.read_bytes() for file in directory.rglob("*") if file.is_file()}
    return files, true


def put(directory, files):
    for name, data in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(data)


@contextmanager
def copy_of(files):
    shm = Path("/dev/shm")
    with TemporaryDirectory(dir=shm if shm.is_dir() else None) as name:
        put(Path(name), files)
        yield Path(name)


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_flipped_bytes_never_crash_and_never_invent_a_record(right, data):
    files, true = right
    name = data.draw(st.sampled_from(sorted(name for name in files if name != "ledger")), "file")
    raw = bytearray(files[name])
    # Where the bytes say something: behind a process file's table and a lane's buffer they are zeros.
    limit = min(len(raw), 9000)
    for _ in range(data.draw(st.integers(1, 6), "flips")):
        at = data.draw(st.integers(0, limit - 1), "at")
        raw[at] ^= data.draw(st.integers(1, 255), "mask")
    with copy_of(files | {name: bytes(raw)}) as directory:
        found, _ = collect(directory)
        if name.endswith(".lfp"):
            # A schema that is gone shows bytes instead of fields.
            true = {key: one for key, one in true.items() if one.event is None}
            found = [one for one in found if one.event is None]
        nothing_invented(found, true)
        for _ in read(directory, event="click", report=lambda damage: None):
            pass
        audit(directory, tries=1)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_truncated_files_give_what_is_whole_before_the_cut(right, data):
    files, true = right
    name = data.draw(st.sampled_from(sorted(files)), "file")
    keep = data.draw(st.integers(0, len(files[name]) - 1), "keep")
    with copy_of(files | {name: files[name][:keep]}) as directory:
        found, _ = collect(directory)
        nothing_invented([one for one in found if one.event != "?"], true)
        audit(directory, tries=1)


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=3000),
    st.sampled_from(["segments/x.lfs", "segments/x.ndjson", "lane-x.lfl", "proc-x.lfp", "ledger"]),
)
def test_random_files_are_said_and_the_rest_is_read(right, junk, name):
    files, true = right
    with copy_of(files | {name: junk}) as directory:
        found, _ = collect(directory)
        assert {(one.lane, one.seq) for one in found} == set(true)
        nothing_invented(found, true)


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("segments/x.lfs", b"PK\3\4" * 50, "not a segment"),
        ("segments/x.lfs", b"", "truncated: 0 bytes"),
        (
            "segments/x.lfs",
            b"LFSEG\0\0\0" + struct.pack("<I", 9) + bytes(52),
            "format version 9; this release reads version 0",
        ),
        ("segments/x.lfs", b"LFSEG\0\0\0" + bytes(56), "header does not match its checksum"),
        ("lane-x.lfl", b"LFPROC\0\0" + bytes(8000), "not a lane file"),
        ("lane-x.lfl", b"", "truncated"),
        ("lane-x.lfl", b"LFLANE\0\0" + struct.pack("<I", 3) + bytes(8000), "format version 3"),
        ("lane-x.lfl", lane_file(B, [])[:5000], "truncated"),
        ("proc-x.lfp", b"#!/bin/sh" + bytes(600), "not a process file"),
        ("segments/x.ndjson", b'{"lane":1}\nhello\n', "not a record"),
    ],
)
def test_foreign_files_are_named_with_what_is_wrong(tmp_path, right, name, data, text):
    files, true = right
    put(tmp_path, files | {name: data})
    found, said = collect(tmp_path)
    assert len(found) == len(true)
    assert any(text in str(damage) and damage.path == tmp_path / name for damage in said)


def test_a_directory_named_like_a_lane_is_said(tmp_path, right):
    put(tmp_path, right[0])
    (tmp_path / "lane-dir.lfl").mkdir()
    found, said = collect(tmp_path)
    assert len(found) == 80
    assert ["Is a directory" in str(damage) for damage in said] == [True]


@pytest.mark.parametrize("popped", [0, 65536 - 304])
def test_behind_a_damaged_record_in_a_lane_the_next_are_found(tmp_path, popped):
    rows = A.records(1, [b"payload %d" % i for i in range(20)])
    data = bytearray(lane_file(A, rows, popped=popped))
    data[data.index(b"payload 5")] ^= 1
    (tmp_path / "lane-b1-a1.lfl").write_bytes(data)
    found, said = collect(tmp_path)
    assert seqs(found) == [*range(1, 6), *range(7, 21)]
    assert len(said) == 1


def test_behind_a_damaged_block_header_the_next_block_is_found(tmp_path):
    rows = A.records(1, [b"x" * 50] * 30)
    file = SegmentWriter(runs=[(A, rows[:10]), (A, rows[10:20]), (A, rows[20:])]).write(tmp_path)
    data = bytearray(file.read_bytes())
    second = data.index(b"BLCK", data.index(b"BLCK", 400) + 4 - 4)
    data[second + 30] ^= 1
    file.write_bytes(data)
    found, said = collect(tmp_path)
    assert len(found) == 20
    assert any("not a block" in str(damage) for damage in said)


def test_stale_and_copied_bytes_are_no_records(tmp_path):
    """What an earlier lap left, and what a payload holds, must not be read: number and salt tell them."""
    inner = record(A.nonce, 3, 5, b"stale") + record(B.nonce, 2, 5, b"of another lane")
    rows = A.records(1, [b"1", inner, b"3"])
    data = bytearray(lane_file(A, rows, capacity=4096))
    old = record(A.nonce, 900, 5, b"left by an earlier lap")
    end = 4096 + 768 + 24 + 8 + 24 + len(inner) + 24 + 8
    data[end : end + len(old)] = old
    (tmp_path / "lane-b1-a1.lfl").write_bytes(data)
    found, said = collect(tmp_path)
    assert [one.payload for one in found] == [b"1", inner, b"3"]
    assert said == []


def test_records_without_their_lane_block_are_read_if_the_lane_is_known_elsewhere(tmp_path):
    rows = A.records(1, [b"x", b"y"])
    file = SegmentWriter(runs=[(A, rows)]).write(tmp_path)
    data = file.read_bytes()
    bare = data[:64] + data[64 + 96 + 128 :]
    file.write_bytes(bare)
    found, said = collect(tmp_path)
    assert found == []
    assert any("no LANE block" in str(damage) for damage in said)
    (tmp_path / "lane-b1-a1.lfl").write_bytes(lane_file(A, [], acked=2))
    assert seqs(collect(tmp_path)[0]) == [1, 2]


def test_payloads_that_contradict_their_schema_are_shown_as_bytes(tmp_path):
    schemas = {(A.process, 16): "click(uid:str,item:int)"}
    good = typed("u", 1)
    bad = [b"", good[:15], struct.pack("<IIq", 16, 900, 1) + b"u", struct.pack("<IIq", 2**32 - 1, 2, 1)]
    SegmentWriter(runs=[(A, A.records(1, [good, *bad], kind=16))], schemas=schemas).write(tmp_path)
    found, said = collect(tmp_path)
    assert [one.fields for one in found] == [{"uid": "u", "item": 1}, None, None, None, None]
    assert [one.payload for one in found[1:]] == bad
    assert any("no schema that fits" in str(damage) for damage in said)
    (batch,) = read(tmp_path, event="click", report=said.append)
    assert batch["uid"].tolist() == ["u"]


@pytest.mark.parametrize(
    "text", ["click", "click(", "click(a:int,a:int)", "click(a:complex)", "click(a:int,)", "\udcff"]
)
def test_a_schema_that_is_none_is_said(tmp_path, text):
    raw = text.encode("utf-8", "surrogateescape")
    writer = SegmentWriter(runs=[(A, A.records(1, [b"raw"]) + A.records(2, [typed(1)], kind=16))])
    data = writer.data(footer=False)
    data = data[:64] + block(2, raw, owner=A.process, count=16) + data[64:]
    (tmp_path / "segments").mkdir()
    (tmp_path / "segments/00000000000000b1-00000000.lfs.part").write_bytes(data)
    found, said = collect(tmp_path)
    assert [one.event for one in found] == [None, "?"]
    assert said


def test_hostile_bytes_do_not_make_a_reader_slow(tmp_path):
    """Every word looks like the length of a record with a likely number: checking each to its end would be square."""
    rows = A.records(1, [b"x"] * 2)
    nbytes = 8 << 20
    evil = struct.pack("<IIQ", 0x0FFFF0, 0, 2) * (nbytes // 16)
    raw = record(A.nonce, 1, 1, b"x") + evil + record(A.nonce, 900_000, 2, b"x")
    out = SegmentWriter(runs=[(A, rows)]).data(footer=False)
    head = out[: 64 + 96 + 128]
    (tmp_path / "segments").mkdir()
    data = head + block(3, raw, owner=A.lane, rows=[(1, 1, 0), (900_000, 2, 0)], crc=False)
    (tmp_path / "segments/00000000000000b1-00000000.lfs.part").write_bytes(data)
    start = time.process_time()
    found, said = collect(tmp_path)
    assert time.process_time() - start < 5
    assert seqs(found)[0] == 1
    assert said


def test_many_small_holes_cost_no_more_than_their_bytes(tmp_path):
    count = 4000
    rows = A.records(1, [b"payload"] * count)
    file = SegmentWriter(runs=[(A, rows)]).write(tmp_path)
    data = bytearray(file.read_bytes())
    start = data.index(b"payload")
    for index in random.Random(1).sample(range(count - 1), count // 2):
        data[start + 32 * index] ^= 1
    file.write_bytes(data)
    begin = time.process_time()
    found, _ = collect(tmp_path)
    assert time.process_time() - begin < 5
    assert len(found) == count // 2


def test_a_torn_end_of_a_growing_segment_is_not_damage(tmp_path):
    rows = A.records(1, [b"x" * 50] * 20)
    file = SegmentWriter(runs=[(A, rows[:10]), (A, rows[10:])]).write(tmp_path, part=True)
    data = file.read_bytes()
    whole_end = data.rindex(b"BLCK")
    for keep in (whole_end, whole_end + 3, whole_end + 96, whole_end + 200, len(data) - 8):
        file.write_bytes(data[:keep])
        found, said = collect(tmp_path)
        assert seqs(found) == list(range(1, 11))
        assert said == []


def test_a_finished_segment_that_is_cut_gives_the_records_before_the_cut(tmp_path):
    rows = A.records(1, [b"x" * 50] * 20)
    file = SegmentWriter(runs=[(A, rows[:10]), (A, rows[10:])]).write(tmp_path)
    data = file.read_bytes()
    file.write_bytes(data[: data.index(b"BLCK", 1000) + 96 + 80 * 3 + 40])
    found, said = collect(tmp_path)
    assert seqs(found) == list(range(1, 14))
    assert any("truncated" in str(damage) for damage in said)
