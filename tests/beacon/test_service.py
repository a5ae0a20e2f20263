"""The program: what it says, what it refuses, what it survives."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.beacon.service import ROOT, Service, all_in_segments, numbers


def run(*options, until=None):
    """The program's exit status and output; interrupted once a line of it has `until` in it."""
    command = [sys.executable, "-m", "examples.beacon", *options]
    out, kind = subprocess.PIPE, subprocess.STDOUT
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=kind, text=True) as process:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if until is not None and until in line:
                process.send_signal(signal.SIGINT)
    return process.returncode, "".join(lines)


def until(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.05)


def test_a_port_in_use_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        status, output = run("--port", str(port), "--dir", str(tmp_path / "data"))
    assert status == 1
    assert f"port {port}" in output
    assert "--port" in output
    assert "Traceback" not in output


@pytest.mark.parametrize("option", ["--dir", "--segments"])
def test_a_directory_that_can_t_be_used_is_named(tmp_path, option):
    (tmp_path / "file").write_text("in the way")
    options = {"--dir": str(tmp_path / "data"), option: str(tmp_path / "file" / "data")}
    status, output = run("--port", "0", *[word for pair in options.items() for word in pair])
    assert status == 1
    assert str(tmp_path / "file") in output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    "options",
    [
        ("--port", "70000"),
        ("--port", "x"),
        ("--workers", "0"),
        ("--workers", "x"),
        ("--grace", "-1"),
        ("--grace", "nan"),
    ],
)
def test_options_that_make_no_sense_are_refused(options):
    status, output = run(*options)
    assert status == 2
    assert options[0] in output


def test_it_prints_the_ledger_and_leaves_everything_in_segments(service):
    for n in range(1, 101):
        assert service.post({"uid": "u", "page": "p", "n": n}).status == 202
    assert service.interrupt() == 0
    assert re.search(r"ledger +100 offered = 100 accepted \+ 0 rejected \+ 0 torn", service.output)
    assert "100 accepted = 100 in segments + 0 in lanes" in service.output
    assert "audit   holds" in service.output
    assert numbers(service.directory) == {("p", n): 1 for n in range(1, 101)}


def test_a_segment_that_was_tampered_with_is_named_at_the_end(tmp_path):
    with Service(tmp_path) as service:
        assert service.post({"uid": "u", "page": "p", "n": 1, "mark": "here"}).status == 202
        assert service.interrupt() == 0, service.output
    (segment,) = [path for path in service.directory.glob("segments/*") if b"here" in path.read_bytes()]
    segment.write_bytes(segment.read_bytes().replace(b"here", b"Here"))
    with Service(tmp_path) as again:
        assert again.interrupt() == 1
    assert "does NOT hold" in again.output
    assert segment.name in again.output


def test_it_listens_on_ipv6(tmp_path):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    status, output = run("--host", "::1", "--port", "0", "--dir", str(tmp_path / "data"), until="http://[::1]:")
    assert status == 0, output


def test_a_killed_worker_is_replaced_and_its_lanes_adopted(service):
    accepted = set()
    for n in range(1, 301):
        if n % 100 == 50:
            victim = service.workers()[n % 2]
            os.kill(victim, signal.SIGKILL)
            until(lambda: victim not in service.workers() and len(service.workers()) == 2)  # noqa: B023
        try:
            if service.post({"uid": "u", "page": "p", "n": n}).status == 202:
                accepted.add(("p", n))
        except ConnectionError:
            continue
    assert service.output.count("was killed by signal 9") == 3
    assert service.interrupt() == 0, service.output
    assert len(accepted) >= 290
    assert numbers(service.directory).keys() >= accepted
    assert all_in_segments(service.directory)
    assert "audit   holds" in service.output


def test_the_next_run_adopts_what_a_killed_service_left(tmp_path):
    with Service(tmp_path) as service:
        accepted = {("p", n) for n in range(1, 201) if service.post({"uid": "u", "page": "p", "n": n}).status == 202}
        service.kill()
    assert len(accepted) == 200
    with Service(tmp_path) as again:
        assert again.post({"uid": "u", "page": "q", "n": 1}).status == 202
        assert again.interrupt() == 0, again.output
    assert numbers(again.directory) == dict.fromkeys(accepted | {("q", 1)}, 1)
    assert all_in_segments(again.directory)
    assert "2 lanes that it left were adopted" in again.output
    assert "audit   holds" in again.output


def test_workers_end_when_their_supervisor_is_killed(service):
    workers = service.workers()
    service.process.kill()
    service.process.wait()
    try:
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))
    finally:
        for pid in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def test_a_second_ctrl_c_does_not_wait_and_still_loses_nothing(tmp_path):
    with Service(tmp_path, "--grace", "60") as service:
        assert service.post({"uid": "u", "page": "p", "n": 1}).status == 202
        service.process.send_signal(signal.SIGINT)
        until(lambda: "draining" in service.output)
        assert service.interrupt() == 0, service.output
    assert numbers(service.directory) == {("p", 1): 1}
    assert all_in_segments(service.directory)


def test_a_full_disk_is_answered_503_and_what_was_accepted_is_stored_once_there_is_room(tmp_path):
    accepted = set()
    padding = "x" * 7000
    refused = None
    with Service(tmp_path, workers=1, file_bytes=6 << 20) as service:
        for n in range(1, 4000):
            answer = service.post({"uid": "u", "page": "p", "n": n, "padding": padding})
            if answer.status != 202:
                refused = answer
                break
            accepted.add(("p", n))
        assert refused is not None, "the disk did not fill up"
        assert refused.status == 503
        assert int(refused.headers["retry-after"]) >= 1
        pixel = service.ask("GET", "/p.gif?kind=view")
        assert pixel.status == 503
        service.process.send_signal(signal.SIGINT)
        service.process.wait(60)
    with Service(tmp_path, workers=1) as again:
        assert again.interrupt() == 0, again.output
    assert numbers(again.directory) == dict.fromkeys(accepted, 1)
    assert all_in_segments(again.directory)
