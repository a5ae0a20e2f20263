"""The command as its own process, on programs that a test writes; what it compiles is kept for the session."""

import json
import os
import subprocess
import sys
import textwrap

import pytest

from lockfree.check.build import runner_path


@pytest.fixture(scope="session")
def kept(tmp_path_factory):
    """The folder of compiled objects; all workers of a run share one."""
    return tmp_path_factory.getbasetemp().parent / "lockfree-cache"


@pytest.fixture
def source(tmp_path):
    """source("name.c", text): the path of a program with that text."""

    def write(name, text):
        path = tmp_path / name
        path.write_text(textwrap.dedent(text).lstrip())
        return path

    return write


class Answer:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        self.words = " ".join(self.out.split())  # the same without line ends and columns

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def check_command(tmp_path, kept):
    """check_command("queue.c", "--json"): `lockfree check` with these arguments, in the test's folder, 120 wide."""
    runner_path()

    def run(*arguments, **env):
        words = [sys.executable, "-m", "lockfree", "check", *map(os.fspath, arguments)]
        env = {**os.environ, "LOCKFREE_CACHE": str(kept), "COLUMNS": "120", **env}
        return Answer(subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, check=False))

    return run
