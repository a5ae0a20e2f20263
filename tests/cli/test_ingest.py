"""Lines in, the same lines out, and the ledger exact."""

import io
import json
import os
import pty
import re
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockfree.cli.lines import LongLine, lines_of


def audited(cli, directory):
    answer = cli("audit", directory, "--json")
    report = json.loads(answer.out)
    assert (answer.code, report["ok"]) == (0, True)
    return report["totals"]


@pytest.mark.parametrize("form", ["binary", "ndjson"])
def test_a_real_log_comes_out_in_order_and_byte_equal_with_an_exact_ledger(cli, tmp_path, access_log, form):
    assert cli("ingest", access_log, "--to", tmp_path, "--format", form).code == 0
    answer = cli("cat", tmp_path)
    assert answer.code == 0
    assert answer.out == access_log.read_bytes()
    zeros = {"rejected": 0, "torn": 0, "pending": 0}
    assert audited(cli, tmp_path) == {"offered": 10_000, "accepted": 10_000, "delivered": 10_000, **zeros}
    rows = [json.loads(line) for line in cli("cat", tmp_path, "--json").out.splitlines()]
    assert [row["seq"] for row in rows] == list(range(1, 10_001))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"one\n",
        b"no newline at the end",
        b"a\n\n\nb\n",
        b"dos\r\nlines\r\n",
        b"\0nul\0\n\xff\xfe not utf-8 \x80\n",
        "ünïcode\u2028is no newline\x0b\x0c\x1c\x85\n".encode(),
    ],
)
@pytest.mark.parametrize("form", ["binary", "ndjson"])
def test_lines_keep_their_bytes(cli, tmp_path, data, form):
    (tmp_path / "log").write_bytes(data)
    assert cli("ingest", tmp_path / "log", "--to", tmp_path / "d", "--format", form).code == 0
    lines = data.split(b"\n")
    lines = lines[:-1] if lines[-1] == b"" else lines
    assert cli("cat", tmp_path / "d").out == b"".join(line + b"\n" for line in lines)
    assert audited(cli, tmp_path / "d")["delivered"] == len(lines)


def test_standard_input_is_read_as_it_comes(program, cli, tmp_path):
    child = program("ingest", "-", "--to", tmp_path, stdin=subprocess.PIPE)
    child.stdin.write(b"first\n")
    child.stdin.flush()
    deadline = time.monotonic() + 60
    while cli("cat", tmp_path).out != b"first\n":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    out, err = child.communicate(b"second")
    assert (child.returncode, out) == (0, b"")
    assert b"2 lines are events" in err
    assert cli("cat", tmp_path).out == b"first\nsecond\n"


def test_a_line_that_is_too_long_is_said_with_its_number_and_nothing_else_is_lost(cli, tmp_path):
    lines = [b"a", b"x" * 40_000, b"b", b"y" * (32 * 1024 - 24), b"z" * (32 * 1024 - 23), b"c"]
    (tmp_path / "log").write_bytes(b"\n".join(lines))
    answer = cli("ingest", tmp_path / "log", "--to", tmp_path / "d", "--lane", "64KiB")
    assert answer.code == 1
    assert "line 2 has 40,000 bytes, the longest record 32,744: left out" in answer.err
    assert "line 5 has 32,745 bytes" in answer.err
    assert "a larger --lane" in answer.err
    assert cli("cat", tmp_path / "d").out == b"".join(line + b"\n" for line in (lines[0], lines[2], lines[3], lines[5]))
    assert audited(cli, tmp_path / "d")["delivered"] == 4


def test_a_second_ingest_adds_to_the_first(cli, tmp_path):
    for text in (b"one\ntwo\n", b"three\n"):
        (tmp_path / "log").write_bytes(text)
        assert cli("ingest", tmp_path / "log", "--to", tmp_path / "d").code == 0
    assert cli("cat", tmp_path / "d").out == b"one\ntwo\nthree\n"
    assert audited(cli, tmp_path / "d")["delivered"] == 3


def test_far_more_than_the_lane_holds_goes_through(cli, tmp_path):
    (tmp_path / "log").write_bytes(b"".join(b"line %d\n" % i for i in range(60_000)))
    assert cli("ingest", tmp_path / "log", "--to", tmp_path / "d", "--lane", "64KiB").code == 0
    assert cli("cat", tmp_path / "d").out == (tmp_path / "log").read_bytes()


def test_no_progress_where_nobody_watches_and_a_bar_on_a_terminal(tmp_path):
    (tmp_path / "log").write_bytes(b"line\n" * 1000)
    command = [sys.executable, "-m", "lockfree", "ingest", str(tmp_path / "log"), "--to", str(tmp_path / "d")]
    quiet = subprocess.run(command, capture_output=True, check=True)
    assert quiet.stderr.splitlines() == [f"1,000 lines are events in {tmp_path / 'd'}".encode()]
    main_end, child_end = pty.openpty()
    subprocess.run(command, stderr=child_end, check=True)
    os.close(child_end)
    shown = os.read(main_end, 100_000)
    os.close(main_end)
    assert re.search(rb"\[#+\] 100%  4\.9 KiB of 4\.9 KiB, 1,000 lines, [\d,]+ lines/s, 0:00 left", shown)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["absent.log", "--to", "d"], "absent.log: No such file"),
        ([".", "--to", "d"], "Is a directory"),
        (["log", "--to", "log/d"], "log"),
        (["log", "--to", "d", "--lane", "much"], "--lane"),
        (["log", "--to", "d", "--lane", "1TiB"], "64KiB to 32MiB"),
        (["log"], "--to"),
    ],
)
def test_what_cannot_be_done_is_said_with_code_2(cli, tmp_path, monkeypatch, arguments, text):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log").write_bytes(b"x\n")
    answer = cli("ingest", *arguments)
    assert answer.code == 2
    assert text in answer.err
    assert "Traceback" not in answer.err


def test_a_full_disk_stops_with_what_it_is(program, tmp_path):
    """A segments directory that takes nothing more: the drain's trouble is said instead of waiting for ever."""
    (tmp_path / "log").write_bytes(b"x" * 1000 + b"\n")
    full = "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
    full += "resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000));"
    full += "import lockfree.cli.ingest as i; i._BLOCK_SECONDS = 0.5;"
    full += "from lockfree.cli import main; sys.exit(main(sys.argv[1:]))"
    (tmp_path / "log").write_bytes((b"x" * 1000 + b"\n") * 3000)
    command = [sys.executable, "-c", full, "ingest", tmp_path / "log", "--to", tmp_path / "d", "--lane", "64KiB"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=100)
    assert done.returncode == 2
    assert re.search(rb"stopped before line \d+: .*(File too large|No space)", done.stderr)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.binary(max_size=12) | st.sampled_from([b"\n", b"\n\n", b"\r\n", b"abcdefghijk\n"]), max_size=12),
    st.integers(0, 10),
    st.integers(1, 7),
)
def test_lines_do_not_depend_on_how_the_bytes_arrive(pieces, longest, step):
    data = b"".join(pieces)

    class Slow(io.BytesIO):
        def read1(self, _size):
            return self.read(step)

    found = [line for lines, _ in lines_of(Slow(data), longest) for line in lines]
    expected = data.split(b"\n")
    expected = expected[:-1] if expected[-1] == b"" else expected
    assert found == [line if len(line) <= longest else LongLine(len(line)) for line in expected]
