"""wrk with numbered requests, and what it was answered."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Self

SCRIPT = Path(__file__).with_name("numbered.lua")
CONNECTIONS = 16
QUIET_SECONDS = 2  # after the load, so that every request in flight is answered


@dataclass(frozen=True)
class Answered:
    """ids: the (page, n) answered 2xx. last: the last (page, n) that each connection sent."""

    ids: frozenset[tuple[str, int]]
    last: frozenset[tuple[str, int]]


class Load:
    """wrk at full load on as many connections as threads, started by `with`; `answered()` waits for its end."""

    def __init__(self, wrk: str, address: str, directory: Path, seconds: int, connections: int = CONNECTIONS) -> None:
        self._out = directory / "answered"
        self._seconds = seconds + QUIET_SECONDS
        self._command = [
            wrk, f"-t{connections}", f"-c{connections}", f"-d{self._seconds}s", "-s", str(SCRIPT), f"{address}/e",
            "--", str(self._out), str(seconds),
        ]  # fmt: skip

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()

    def answered(self) -> Answered:
        output, _ = self._process.communicate(timeout=self._seconds + 30)
        print(output)  # noqa: T201 - shown when the test fails
        assert self._process.returncode == 0, output
        ids, last = set(), set()
        for line in self._out.read_text().splitlines():
            page, sent, answered = line.split(" ")
            ids |= {(page, int(n)) for n in answered.split(",") if n}
            last.add((page, int(sent)))
        return Answered(frozenset(ids), frozenset(last))
