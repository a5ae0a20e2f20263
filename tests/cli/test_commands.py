"""cat, stats, audit and recover: what they print, how they end."""

import json
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from lockfree import Collector
from lockfree.collector.audit import audit
from tests.collector.plain_format import Lane, SegmentWriter, lane_file, ledger_line, process_file, typed

A = Lane(lane=0xA1)
B = Lane(lane=0xA2, nonce=77)


@pytest.fixture
def directory(tmp_path):
    """Raw and typed events in a segment, two pending in the lane of a dead process, a retired lane."""
    rows = [*A.records(1, [b"one", b"\xff"]), *A.records(3, [typed("u1", 7, b"\1")], kind=16)]
    runs = [(A, rows), (B, B.records(1, [b"b"], ticks=[1_500_000]))]
    SegmentWriter(runs=runs, schemas={(A.process, 16): "click(uid:str,item:int,raw:bytes)"}).write(tmp_path)
    pending = A.records(4, [b"four", b"five"])
    (tmp_path / "lane-00000000000000b1-00000000000000a1.lfl").write_bytes(lane_file(A, pending, rejected=[2]))
    (tmp_path / "proc-00000000000000b1.lfp").write_bytes(process_file(A.process))
    (tmp_path / "ledger").write_text(ledger_line(B.lane, accepted=1))
    return tmp_path


def test_cat_prints_payloads_one_a_line_in_order(cli, directory):
    answer = cli("cat", directory)
    assert answer.code == 0
    assert answer.out == b'one\nb\n\xff\n{"uid":"u1","item":7,"raw":"AQ=="}\nfour\nfive\n'
    assert answer.err == ""


def test_cat_json_prints_whole_records(cli, directory):
    rows = [json.loads(line) for line in cli("cat", directory, "--json").out.splitlines()]
    lane, wall = f"{A.lane:016x}", A.wall
    assert rows[0] == {"lane": lane, "seq": 1, "ts": wall + 1_000_000, "event": None, "payload": "one"}
    assert rows[2]["payload_base64"] == "/w=="
    assert rows[3]["event"] == "click"
    assert rows[3]["data"] == {"uid": "u1", "item": 7, "raw": "AQ=="}


def test_cat_selects(cli, directory):
    assert cli("cat", directory, "--event", "click").out.count(b"\n") == 1
    assert cli("cat", directory, "--since", "1700000000.004").out == b"four\nfive\n"
    assert cli("cat", directory, "--until", "2023-11-14T22:13:20.001500+00:00").out == b"one\n"
    assert cli("cat", directory, "--since", "1d").out == b""


@pytest.mark.parametrize("moment", ["yesterday", "1700000000000", "5 fortnights", ""])
def test_cat_refuses_what_is_no_moment(cli, directory, moment):
    answer = cli("cat", directory, "--since", moment)
    assert answer.code == 2
    assert "--since" in answer.err


def test_cat_says_what_is_damaged_prints_the_rest_and_ends_with_1(cli, directory):
    (directory / "segments/ffff.lfs").write_bytes(b"not ours")
    answer = cli("cat", directory)
    assert answer.code == 1
    assert answer.out.count(b"\n") == 6
    assert "ffff.lfs: truncated" in answer.err


def test_cat_is_quiet_when_its_reader_leaves(program, tmp_path):
    SegmentWriter(runs=[(A, A.records(1, [b"x" * 1000] * 2000))]).write(tmp_path)
    child = program("cat", tmp_path)
    assert child.stdout.readline() == b"x" * 1000 + b"\n"
    child.stdout.close()
    assert child.stderr.read() == b""
    assert child.wait() == 128 + signal.SIGPIPE


def test_cat_follows_a_live_collector_until_interrupted(program, tmp_path):
    with Collector(tmp_path / "d") as collector:
        collector.emit(b"first")
        child = program("cat", tmp_path / "d", "--follow")
        assert child.stdout.readline() == b"first\n"
        for i in range(200):
            collector.emit(b"%d" % i)
            if i % 50 == 0:
                collector.flush()
        assert [child.stdout.readline() for _ in range(200)] == [b"%d\n" % i for i in range(200)]
    time.sleep(0.3)  # the lane is retired meanwhile; nothing may come twice
    with Collector(tmp_path / "d") as collector:
        collector.emit(b"last")
        assert child.stdout.readline() == b"last\n"
    child.send_signal(signal.SIGINT)
    assert child.wait(30) == 130
    assert child.stderr.read() == b""


def test_audit_holds_and_prints_every_term(cli, directory):
    answer = cli("audit", directory)
    assert answer.code == 0
    assert answer.out.decode().splitlines()[-1] == "the ledger holds"
    report = json.loads(cli("audit", directory, "--json").out)
    assert report["totals"] == {"offered": 8, "accepted": 6, "rejected": 2, "torn": 0, "delivered": 4, "pending": 2}
    assert [lane["state"] for lane in report["lanes"]] == ["dead", "retired"]


def test_audit_names_lane_and_number_and_ends_with_1(cli, directory):
    (directory / "ledger").write_text(ledger_line(B.lane, accepted=2))
    answer = cli("audit", directory)
    assert answer.code == 1
    assert b"lost: lane 00000000000000a2, seq 2: in no segment and no lane" in answer.out
    assert b"does NOT hold" in answer.out
    problems = json.loads(cli("audit", directory, "--json").out)["problems"]
    (lost,) = [problem for problem in problems if problem["kind"] == "lost"]
    assert (lost["lane"], lost["first"], lost["last"]) == ("00000000000000a2", 2, 2)


def test_stats_counts_without_judging(cli, directory):
    stats = json.loads(cli("stats", directory, "--json").out)
    assert stats["totals"] == {
        "offered": 8,
        "accepted": 6,
        "rejected": 2,
        "torn": 0,
        "delivered": 4,
        "pending": 2,
        "rejected_by_reason": {"full": 2},
    }
    assert stats["segments"]["events"] == 4
    assert stats["events"] == {"": 3, "click": 1}
    (lane,) = stats["lanes"]
    assert (lane["alive"], lane["pid"], lane["pending"], lane["rejected"]) == (False, 4242, 2, {"full": 2})
    text = cli("stats", directory).out.decode()
    assert "dead" in text
    assert "lockfree recover" in text
    assert "click" in text


def test_stats_watch_goes_on_until_interrupted(program, directory):
    child = program("stats", directory, "--watch", "0.05", "--json")
    rows = [json.loads(child.stdout.readline()) for _ in range(3)]
    assert {row["totals"]["accepted"] for row in rows} == {6}
    child.send_signal(signal.SIGINT)
    assert child.wait(30) == 130


def test_a_live_process_is_alive_and_a_killed_one_is_recovered(cli, tmp_path):
    code = """
        import sys, lockfree
        c = lockfree.Collector(sys.argv[1], drain=False)
        for i in range(1000):
            c.emit(b"%d" % i)
        print("ready", flush=True)
        sys.stdin.read()
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert child.stdout.readline() == b"ready\n"
        (lane,) = json.loads(cli("stats", tmp_path, "--json").out)["lanes"]
        assert (lane["alive"], lane["pid"], lane["pending"], lane["accepted"]) == (True, child.pid, 1000, 1000)
        assert cli("recover", tmp_path).out.decode().splitlines()[0].startswith("0 lanes")
    finally:
        child.kill()
        child.communicate()
    (lane,) = json.loads(cli("stats", tmp_path, "--json").out)["lanes"]
    assert (lane["alive"], lane["pending"]) == (False, 1000)
    answer = cli("recover", tmp_path)
    assert answer.code == 0
    assert answer.out == b"1 lanes of dead processes adopted, 1,000 events delivered\n"
    assert cli("cat", tmp_path).out == b"".join(b"%d\n" % i for i in range(1000))
    report = audit(tmp_path)
    assert report.ok
    assert (report.total("delivered"), report.total("pending")) == (1000, 0)


def test_an_audit_under_load_holds(tmp_path):
    with Collector(tmp_path, overflow="block", lane_bytes=1 << 16, segment_bytes=1 << 18) as collector:
        for i in range(30):
            for _ in range(500):
                collector.emit(b"x" * 40)
            if i % 3 == 0:
                report = audit(tmp_path)
                assert report.problems == []
                assert report.total("accepted") == (i + 1) * 500
    report = audit(tmp_path)
    assert report.ok
    assert report.total("delivered") == 15_000


def test_each_look_at_a_directory_full_of_life_is_right(tmp_path):
    """Threads come and go, lanes are made and retired, segments finished: no look may see a loss or a double."""
    code = """
        import sys, threading, lockfree
        for _ in range(4):
            with lockfree.Collector(sys.argv[1], lane_bytes=1 << 16, segment_bytes=1 << 20) as collector:
                def emit():
                    for _ in range(20_000):
                        collector.emit(b"x" * 40)
                threads = [threading.Thread(target=emit) for _ in range(3)]
                [thread.start() for thread in threads]
                [thread.join() for thread in threads]
    """
    (tmp_path / "segments").mkdir()
    child = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code), str(tmp_path)])
    looks = 0
    while child.poll() is None:
        report = audit(tmp_path, tries=1)
        assert report.problems == []
        looks += 1
    assert child.returncode == 0
    assert looks > 0
    report = audit(tmp_path)
    assert report.ok
    assert report.total("offered") == 240_000
    assert report.total("accepted") == report.total("delivered") == 240_000 - report.total("rejected")


def test_directories_that_share_their_segments_are_audited_each_alone(cli, tmp_path):
    for name in ("a", "b"):
        with Collector(tmp_path / name, segments=tmp_path / "both") as collector:
            collector.emit(name.encode())
    for name in ("a", "b"):
        assert cli("audit", tmp_path / name).code == 0
        assert cli("cat", tmp_path / name).out == b"a\nb\n"


def test_looking_changes_nothing(cli, directory):
    def contents():
        return {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in directory.rglob("*") if file.is_file()}

    before = contents()
    for command in ("cat", "stats", "audit"):
        assert cli(command, directory).code == 0
    assert contents() == before


@pytest.mark.parametrize("command", ["cat", "stats", "audit", "recover"])
def test_what_is_no_directory_of_ours_is_refused(cli, tmp_path, command):
    answer = cli(command, tmp_path / "absent")
    assert answer.code == 2
    assert "give a collector's directory" in answer.err
    (tmp_path / "notes.txt").write_text("x")
    answer = cli(command, tmp_path)
    assert answer.code == 2
    assert "not a collector's directory" in answer.err
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


def test_help_names_every_command_and_the_exit_codes(cli):
    answer = cli("--help")
    assert answer.code == 0
    for word in (b"cat", b"stats", b"audit", b"ingest", b"recover", b"exit codes"):
        assert word in answer.out
    assert cli().code == 2
