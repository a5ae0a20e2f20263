"""emit: what goes in comes out, in order, once; what cannot go in is answered and counted."""

import array
import json

import pytest

import lockfree
from tests.collector import oracle


def test_each_payload_type_arrives_byte_for_byte(directory):
    given = [b"bytes", bytearray(b"bytearray"), memoryview(b"memoryview"), "str: \u00e9\u20ac\U0001f600", b"", ""]
    given += [array.array("d", [1.5, 2.5]), memoryview(bytes(range(256)))]
    with lockfree.Collector(directory) as collector:
        assert all(collector.emit(payload) is True for payload in given)
    expected = [p.encode() if isinstance(p, str) else bytes(memoryview(p)) for p in given]
    assert oracle.payloads(directory) == expected


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 63, 64, 65, 4096, 20_000])
def test_each_length_arrives(directory, size):
    payload = bytes(i % 251 for i in range(size))
    with lockfree.Collector(directory) as collector:
        assert collector.emit(payload)
    assert oracle.payloads(directory) == [payload]


def test_many_laps_of_a_small_lane_arrive_in_order(directory):
    expected = [b"%d" % n * (n % 40) for n in range(50_000)]
    with lockfree.Collector(directory, memory="1MiB", lane_bytes="64KiB", overflow="block") as collector:
        for payload in expected:
            assert collector.emit(payload)
    assert oracle.payloads(directory) == expected
    sums = oracle.assert_balanced(directory)
    assert sums["accepted"] == len(expected)


def test_ndjson_segments_have_one_line_an_event(directory):
    with lockfree.Collector(directory, format="ndjson") as collector:
        for n in range(100):
            collector.emit(b'"%d"' % n)
    lines = [line for path in (directory / "segments").glob("*.ndjson") for line in path.read_text().splitlines()]
    assert [json.loads(line)["payload"] for line in lines] == [f'"{n}"' for n in range(100)]


@pytest.mark.parametrize("payload", [1, 1.5, None, ["x"], {"a": 1}, object()])
def test_what_is_no_payload_raises_type_error_and_is_counted(directory, payload):
    with lockfree.Collector(directory) as collector:
        with pytest.raises(TypeError, match=r"bytes, bytearray, memoryview or str"):
            collector.emit(payload)
        assert collector.stats().rejected["encode"] == 1
        assert collector.stats().offered == 1


def test_a_lone_surrogate_is_an_encoding_error(directory):
    with lockfree.Collector(directory) as collector:
        with pytest.raises(UnicodeEncodeError):
            collector.emit("\ud800")
        assert collector.stats().rejected["encode"] == 1


def test_a_view_with_holes_is_refused(directory):
    with lockfree.Collector(directory) as collector:
        with pytest.raises((BufferError, TypeError, ValueError)):
            collector.emit(memoryview(bytes(10))[::2])
        assert collector.stats().rejected["encode"] == 1


@pytest.mark.parametrize("call", [lambda emit: emit(), lambda emit: emit(b"a", b"b"), lambda emit: emit(b"a", other=1)])
def test_a_wrong_call_raises_type_error(directory, call):
    with lockfree.Collector(directory) as collector, pytest.raises(TypeError):
        call(collector.emit)


def test_a_released_buffer_stays_usable(directory):
    payload = bytearray(b"x" * 64)
    with lockfree.Collector(directory) as collector:
        collector.emit(payload)
        payload.append(1)  # would raise BufferError were the buffer still exported
    assert oracle.payloads(directory) == [b"x" * 64]


def test_counters_follow_each_call(directory):
    with lockfree.Collector(directory) as collector:
        for n in range(1, 101):
            collector.emit(b"x")
            stats = collector.stats()
            assert (stats.offered, stats.accepted) == (n, n)
            assert stats.delivered + stats.pending == n
        assert collector.flush(10)
        stats = collector.stats()
        assert (stats.delivered, stats.pending, stats.torn) == (100, 0, 0)
        assert sum(stats.rejected.values()) == 0


def test_flush_leaves_everything_in_the_segments_of_a_running_collector(directory):
    with lockfree.Collector(directory) as collector:
        for n in range(1000):
            collector.emit(b"%d" % n)
        assert collector.flush(10) is True
        assert oracle.payloads(directory) == [b"%d" % n for n in range(1000)]


def test_two_collectors_of_one_thread_do_not_meet(tmp_path):
    with lockfree.Collector(tmp_path / "a") as a, lockfree.Collector(tmp_path / "b") as b:
        for n in range(500):
            assert a.emit(b"a%d" % n)
            assert b.emit(b"b%d" % n)
    assert oracle.payloads(tmp_path / "a") == [b"a%d" % n for n in range(500)]
    assert oracle.payloads(tmp_path / "b") == [b"b%d" % n for n in range(500)]


def test_two_collectors_may_share_one_directory(directory):
    with lockfree.Collector(directory) as a, lockfree.Collector(directory) as b:
        for n in range(500):
            assert a.emit(b"a%d" % n)
            assert b.emit(b"b%d" % n)
    assert sorted(oracle.payloads(directory)) == sorted(b"%c%d" % (c, n) for n in range(500) for c in b"ab")
    oracle.assert_balanced(directory)


def test_more_collectors_than_a_thread_remembers(tmp_path):
    collectors = [lockfree.Collector(tmp_path / str(i), memory="1MiB") for i in range(12)]
    for n in range(50):
        for i, collector in enumerate(collectors):
            assert collector.emit(b"%d-%d" % (i, n))
    for i, collector in enumerate(collectors):
        collector.close()
        assert oracle.payloads(tmp_path / str(i)) == [b"%d-%d" % (i, n) for n in range(50)]


def test_a_later_run_adds_to_what_is_there(directory):
    for run in range(3):
        with lockfree.Collector(directory) as collector:
            collector.emit(b"run %d" % run)
    assert sorted(oracle.payloads(directory)) == [b"run 0", b"run 1", b"run 2"]


def test_segments_rotate_at_the_size_asked_for(directory):
    with lockfree.Collector(directory, segment_bytes="64KiB", overflow="block") as collector:
        for n in range(5000):
            collector.emit(b"%064d" % n)
            if n % 500 == 0:
                assert collector.flush(10)
    assert len(oracle.segments(directory)) > 2
    assert oracle.payloads(directory) == [b"%064d" % n for n in range(5000)]


def test_segments_may_lie_elsewhere(directory, tmp_path):
    with lockfree.Collector(directory, segments=tmp_path / "disk") as collector:
        collector.emit(b"x")
    assert list((tmp_path / "disk").glob("*.lfs"))
    assert oracle.payloads(directory) == [b"x"]
