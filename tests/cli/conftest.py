"""Commands run in this process or as their own, on directories of this test's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lockfree.cli import main


class Outcome:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err.decode()


@pytest.fixture
def cli(capfdbinary):
    """cli("cat", directory, ...): the command in this process."""

    def run(*arguments):
        capfdbinary.readouterr()
        try:
            code = main([os.fspath(argument) for argument in arguments])
        except SystemExit as stop:
            code = stop.code
        sys.stdout.flush()
        return Outcome(code, *capfdbinary.readouterr())

    return run


@pytest.fixture
def program():
    """program("cat", directory, ...): Popen of the command; killed at the end of the test if it still runs."""
    running = []

    def start(*arguments, **options):
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        child = subprocess.Popen([sys.executable, "-m", "lockfree", *map(os.fspath, arguments)], **options)
        running.append(child)
        return child

    yield start
    for child in running:
        if child.poll() is None:
            child.kill()
        child.communicate()


@pytest.fixture(scope="session")
def access_log(tmp_path_factory):
    """10,000 lines of an access log: the real one (in LOCKFREE_DATA or ../shared/data), else as many made up."""
    root = Path(__file__).resolve().parents[2]
    for folder in (os.environ.get("LOCKFREE_DATA"), root.parent / "shared" / "data"):
        if folder and (Path(folder) / "access.log").is_file():
            return Path(folder) / "access.log"
    made = tmp_path_factory.mktemp("data") / "access.log"
    with made.open("w", newline="") as out:
        for i in range(10_000):
            path = "/".join(f"part{(i * k) % 17}" for k in range(1, 2 + i % 6))
            out.write(
                f"10.{i % 7}.{i % 251}.{i % 13} - - [17/May/2015:{i // 3600:02d}:00:00 +0000] "
                f'"GET /{path}?n={i} HTTP/1.1" 200 {i * 37 % 100_000} "-" "agent/{i % 5} (ünïcode \\"quoted\\")"\n'
            )
    return made
