"""What cannot work is refused with a sentence that says what to do, and leaves nothing behind."""

import stat
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

import lockfree
from lockfree.collector.sizes import parse_size
from tests.collector import oracle
from tests.collector.programs import run


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (1, 1),
        ("1", 1),
        ("64KiB", 65536),
        ("64 kib", 65536),
        ("1.5 MiB", 3 << 19),
        ("2GB", 2 * 10**9),
        ("1TiB", 1 << 40),
        (" 7 B ", 7),
    ],
)
def test_sizes(size, expected):
    assert parse_size(size, "memory") == expected


@pytest.mark.parametrize(
    "size", [0, -1, "0", "", "MiB", "64Mb ps", "1e6", "-1MiB", "0x10", 1 << 63, "9" * 30, "1.2.3 MB"]
)
def test_sizes_out_of_range_or_not_sizes(size):
    with pytest.raises(ValueError, match="memory="):
        parse_size(size, "memory")


@pytest.mark.parametrize("size", [1.5, None, True, b"1MiB", [1]])
def test_sizes_of_other_types(size):
    with pytest.raises(TypeError, match="memory="):
        parse_size(size, "memory")


@pytest.mark.parametrize(
    "options",
    [
        {"memory": 0},
        {"memory": -1},
        {"memory": "plenty"},
        {"lane_bytes": 0},
        {"segment_bytes": "x"},
        {"overflow": "drop"},
        {"overflow": None},
        {"format": "csv"},
        {"flush_ms": 0},
        {"flush_ms": 1.5},
        {"flush_ms": 1 << 40},
        {"block_timeout": 1.0},
        {"block_timeout": -1.0, "overflow": "block"},
        {"block_timeout": float("nan"), "overflow": "block"},
    ],
)
def test_wrong_options_name_themselves_and_make_nothing(directory, options):
    with pytest.raises(ValueError, match=next(iter(options))):
        lockfree.Collector(directory, **options)
    assert not directory.exists()


@pytest.mark.parametrize("options", [{"memory": 1000}, {"memory": "1MiB", "lane_bytes": "2MiB"}])
def test_memory_too_small_for_one_lane(directory, options):
    with pytest.raises(OSError, match="memory") as caught:
        lockfree.Collector(directory, **options)
    assert caught.value.filename == str(directory)


@pytest.mark.parametrize("size", ["1024TiB", 1 << 62])
def test_more_memory_than_there_is(directory, size):
    with pytest.raises((OSError, ValueError)):
        lockfree.Collector(directory, memory=size, lane_bytes=size)
    assert not directory.exists() or not oracle.lanes_left(directory)


@pytest.mark.parametrize("path", [None, 5, object()])
def test_what_is_no_path(path):
    with pytest.raises(TypeError):
        lockfree.Collector(path)


def test_a_path_with_a_null():
    with pytest.raises(ValueError, match="null"):
        lockfree.Collector("a\0b")


def test_a_file_where_the_directory_should_be(tmp_path):
    (tmp_path / "file").write_text("mine")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(NotADirectoryError) as caught:
            lockfree.Collector(path)
        assert caught.value.filename == str(path)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_collector_that_was_never_opened(directory):
    collector = lockfree.Collector.__new__(lockfree.Collector)
    for call in (lambda: collector.emit(b"x"), collector.stats, collector.flush, collector.pressure):
        with pytest.raises(RuntimeError, match="never opened"):
            call()
    collector.close()


def test_opening_twice_is_refused(directory):
    with lockfree.Collector(directory) as collector:
        with pytest.raises(RuntimeError, match="open already"):
            collector.__init__(directory)
        assert collector.emit(b"x")
    assert oracle.payloads(directory) == [b"x"]


@contextmanager
def mounted(path: Path, *options: str):
    """A tmpfs of its own; skips where mounting is not allowed (it takes root)."""
    path.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", path], check=False, capture_output=True
    )
    if mount.returncode != 0:
        pytest.skip("mounting a tmpfs takes root")
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", path], check=True)


def test_a_read_only_file_system(tmp_path):
    with mounted(tmp_path / "ro", "ro", "size=1m") as path, pytest.raises(OSError, match="Read-only"):
        lockfree.Collector(path / "events")


def test_a_directory_without_rights(tmp_path):
    program = """
        import os, sys, lockfree
        lockfree.Collector
        if os.geteuid() == 0: os.setuid(65534)
        try:
            lockfree.Collector(sys.argv[1])
        except PermissionError as error:
            print(error)
    """
    (tmp_path / "mine").mkdir(mode=stat.S_IRUSR | stat.S_IXUSR)
    assert str(tmp_path / "mine" / "events") in run(program, tmp_path / "mine" / "events").stdout


def test_no_room_for_the_lanes_is_an_error_at_open_that_names_the_fix(tmp_path):
    with mounted(tmp_path / "small", "size=256k") as path:
        with pytest.raises(OSError, match="memory") as caught:
            lockfree.Collector(path / "events", memory="64MiB")
        assert caught.value.errno == 28
        assert not oracle.lanes_left(path / "events")


def test_a_disk_that_fills_up_loses_nothing(tmp_path):
    directory = tmp_path / "events"
    with mounted(tmp_path / "small", "size=512k") as small:
        collector = lockfree.Collector(directory, segments=small / "segments", memory="4MiB", lane_bytes="2MiB")
        accepted = sum(collector.emit(b"%064d" % n) for n in range(15_000))
        with pytest.raises(OSError, match="No space left"):
            collector.flush(30)
        assert "No space left" in collector.trouble()
        subprocess.run(["mount", "-o", "remount,size=16m", small], check=True)
        assert collector.flush(30)
        assert collector.trouble() == ""
        collector.close()
        assert oracle.payloads(directory) == [b"%064d" % n for n in range(accepted)]
        oracle.assert_balanced(directory)


def test_a_disk_that_stays_full_keeps_the_events_for_the_next_open(tmp_path):
    directory = tmp_path / "events"
    with mounted(tmp_path / "small", "size=512k") as small:
        collector = lockfree.Collector(directory, segments=small / "segments", memory="4MiB", lane_bytes="2MiB")
        accepted = sum(collector.emit(b"%064d" % n) for n in range(15_000))
        with pytest.raises(OSError, match="No space left"):
            collector.close(2)
        assert oracle.lanes_left(directory)
        del collector
        subprocess.run(["mount", "-o", "remount,size=16m", small], check=True)
        lockfree.Collector(directory, segments=small / "segments").close()
        assert oracle.payloads(directory) == [b"%064d" % n for n in range(accepted)]
        assert not oracle.lanes_left(directory)
        oracle.assert_balanced(directory)


@pytest.mark.slow
def test_a_full_disk_does_not_hold_up_the_exit_for_ever(tmp_path):
    directory = tmp_path / "events"
    program = """
        import sys, lockfree
        collector = lockfree.Collector(sys.argv[1], segments=sys.argv[2], memory="4MiB", lane_bytes="2MiB")
        for n in range(15_000): assert collector.emit(b"%064d" % n)
    """
    with mounted(tmp_path / "small", "size=512k") as small:
        done = run(program, directory, small / "segments")
        assert "No space left" in done.stderr
        subprocess.run(["mount", "-o", "remount,size=16m", small], check=True)
        lockfree.Collector(directory, segments=small / "segments").close()
        assert oracle.payloads(directory) == [b"%064d" % n for n in range(15_000)]


def test_a_file_size_limit_is_trouble_not_death(directory):
    program = """
        import resource, signal, sys, lockfree
        collector = lockfree.Collector(sys.argv[1], memory="8MiB", lane_bytes="2MiB", segment_bytes="1GiB")
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
        for n in range(10_000): assert collector.emit(b"%064d" % n)
        try:
            collector.flush(20)
        except OSError as error:
            print(error)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        collector.close()
    """
    done = run(program, directory)
    assert "File too large" in done.stdout
    assert oracle.payloads(directory) == [b"%064d" % n for n in range(10_000)]
    oracle.assert_balanced(directory)
