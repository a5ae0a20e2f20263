"""The beacon as its user starts it, in a process of its own, and how a test talks to it."""

import http.client
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import lockfree

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 40.0
STOP_SECONDS = 40.0
ADDRESS = re.compile(r"http://([\d.]+):(\d+)/")

NDJSON = {"content-type": "application/x-ndjson"}
JSON = {"content-type": "application/json"}


class Service:
    """`python -m examples.beacon` on a free port of the loopback. A context manager: leaving it stops the service."""

    def __init__(self, directory: Path, *options: str, workers: int = 2, file_bytes: int | None = None) -> None:
        self.directory = directory / "data"
        self._log = directory / "beacon.log"
        command = [sys.executable, "-m", "examples.beacon", "--port", "0", "--dir", str(self.directory), "--grace", "0"]

        def limit() -> None:  # the drain can't write more than this to one file: a disk that fills up
            if file_bytes is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))

        with self._log.open("ab") as log:
            start = log.tell()
            self.process = subprocess.Popen(
                [*command, "--workers", str(workers), *options],
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
                preexec_fn=limit,  # noqa: PLW1509 - no thread is running here
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )  # fmt: skip
        try:
            self.host, self.port = self._address(start)
        except BaseException:
            self.kill()
            raise

    def _address(self, start: int) -> tuple[str, int]:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            found = ADDRESS.search(self.output, start)
            if found:
                return found[1], int(found[2])
            if self.process.poll() is not None:
                raise RuntimeError(f"the beacon ended with status {self.process.returncode}: {self.output}")
            time.sleep(0.02)
        raise TimeoutError(f"the beacon did not start: {self.output}")

    @property
    def output(self) -> str:
        """What the terminal showed so far, of every run in this directory."""
        return self._log.read_text()

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"

    def workers(self) -> list[int]:
        """The kernel's numbers of the worker processes."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def connect(self, timeout: float = 15.0) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.host, self.port, timeout=timeout)

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> "Answer":
        """One request on a connection of its own."""
        connection = self.connect()
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.read(), {k.lower(): v for k, v in response.getheaders()})
        finally:
            connection.close()

    def post(self, *events: dict[str, Any]) -> "Answer":
        return self.ask("POST", "/e", "\n".join(json.dumps(event) for event in events).encode(), NDJSON)

    def interrupt(self) -> int:
        """Ctrl-C; the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(STOP_SECONDS)

    def kill(self) -> None:
        """kill -9 of everything at once, as when the machine's memory is gone."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGSTOP)
            for pid in self.workers():
                os.kill(pid, signal.SIGKILL)
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if self.process.poll() is None:
            try:
                self.interrupt()
            except subprocess.TimeoutExpired:
                self.kill()
                raise
        if kind is not None:
            print(self.output)  # noqa: T201 - shown when the test fails


class Answer:
    """Status, body and headers (names in lower case) of one response."""

    def __init__(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.status, self.body, self.headers = status, body, headers

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def all_in_segments(directory: Path) -> bool:
    """Whether no lane and no process file is left: all that was accepted is in segments, and accounted for."""
    return not [*directory.glob("lane-*"), *directory.glob("proc-*")]


def events(directory: Path) -> Iterator[dict[str, Any]]:
    """What the directory holds, in order, doubles and all; each must be the JSON that the beacon wrote."""
    for record in lockfree.records(directory):
        event: dict[str, Any] = json.loads(record.payload)
        yield event


def numbers(directory: Path) -> Counter[tuple[str, int]]:
    """How often each (page, n) stands in the directory."""
    return Counter((event["page"], event["n"]) for event in events(directory))
