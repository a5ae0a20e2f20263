"""tools/setup.sh names what is missing and the Debian package that brings it, and takes the first Python fit."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRETEND = {
    "old": "sys.version_info = (3, 9, 2)",
    "no venv": "sys.modules['ensurepip'] = None",
    "no headers": "import sysconfig; sysconfig.get_path = lambda name: '/nowhere'",
    "bare": "sys.modules['venv'] = None; import sysconfig; sysconfig.get_path = lambda name: '/nowhere'",
    "fit": "pass",
}


class Machine:
    """A copy of setup.sh on a PATH of its own."""

    def __init__(self, folder: Path) -> None:
        self.tree, self.bin = folder / "tree", folder / "bin"
        (self.tree / "tools").mkdir(parents=True)
        self.bin.mkdir()
        shutil.copy(ROOT / "tools/setup.sh", self.tree / "tools")
        shutil.copy(ROOT / "pyproject.toml", self.tree)
        for name in ("sh", "dirname", "tail", "cat", "cksum", "grep", "rm"):
            (self.bin / name).symlink_to(str(shutil.which(name)))

    def program(self, name: str, script: str) -> None:
        (self.bin / name).write_text(f"#!/bin/sh\n{script}\n")
        (self.bin / name).chmod(0o755)

    def python(self, name: str, kind: str) -> None:
        self.program(name, f'exec {sys.executable} -c "import sys; {PRETEND[kind]}; exec(sys.argv[1])" "$2"')

    def setup(self, **env: str) -> str:
        env = {"PATH": str(self.bin), "PYTHON": "python3 python3.14 python3.13 python3.12 python3.11"} | env
        command = [self.tree / "tools/setup.sh", "dev"]
        result = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert result.returncode == 1
        return result.stderr


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_no_python(machine):
    assert "install python3, python3-venv, python3-dev" in machine.setup()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("old", ["python 3.9 is older than 3.11", "Debian 12"]),
        ("no venv", ["venv (Debian package python3-venv)"]),
        ("no headers", ["Python.h (Debian package python3-dev)"]),
        ("bare", ["venv (Debian package python3-venv) and Python.h (Debian package python3-dev)"]),
    ],
)
def test_python_that_lacks_something(machine, kind, words):
    machine.python("python3", kind)
    said = machine.setup()
    assert all(word in said for word in words), said
    assert "apt-get install python3 python3-venv python3-dev" in said


def test_a_later_python_that_is_fit_serves(machine):
    machine.python("python3", "no venv")
    machine.python("python3.12", "fit")
    assert machine.setup() == "setup: no C compiler 'cc' (Debian package gcc; or say CC=clang)\n"


def test_the_python_asked_for_is_the_only_one_tried(machine):
    machine.python("python3", "fit")
    machine.python("mine", "old")
    said = machine.setup(PYTHON="mine")
    assert "mine: python 3.9" in said
    assert "compiler" not in said


def test_compiler_without_a_c_library(machine):
    machine.python("python3", "fit")
    machine.program("cc", "exit 1")
    assert "libc6-dev" in machine.setup()


def test_no_index_to_install_from(machine):
    machine.python("python3", "fit")
    machine.program("cc", "exit 0")
    machine.program("python3", f'exec {sys.executable} "$@"')
    said = machine.setup(PIP_NO_INDEX="1", PIP_CONFIG_FILE=os.devnull, HOME=str(machine.tree))
    assert "is a package index reachable" in said
