"""The checker checked: each fault put into the runner's own source fails at least one test of its suites."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lockfree.testing import load_mutants
from tests import needs

ROOT = Path(__file__).parents[3]
MUTANTS = load_mutants(Path(__file__).parent)
SUITES = ["tests/litmus/test_litmus.py", "tests/counts", "tests/check", "tests/zoo"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def build(folder, mutant=None):
    """A runner of its own in the folder, with the fault in it."""
    source = folder / "source"
    shutil.copytree(ROOT / "csrc/checker", source, ignore=shutil.ignore_patterns("scenarios", "public"))
    if mutant:
        path = source / mutant.header
        path.write_text(mutant.patched(path.read_text()))
    sources = sorted(map(str, source.glob("*.c")))
    options = ["-std=gnu11", "-O1", "-g", "-fno-omit-frame-pointer", "-fexceptions", "-w", "-rdynamic"]
    command = [needs.require("cc", package="gcc"), *options, *sources, "-o", str(folder / "lockfree-checker"), "-ldl"]
    subprocess.run(command, check=True, capture_output=True, text=True)
    shutil.copy(ROOT / "csrc/checker/wrap.txt", folder)


def judge(folder):
    """What pytest says of the suites with that runner; its exit status is 1 if a test failed."""
    options = ["-x", "-q", "-m", "not slow", "-p", "no:cacheprovider", "-p", "no:randomly", "--timeout=60"]
    suites = [suite for suite in SUITES if (ROOT / suite).exists()]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, *suites],
        cwd=ROOT,
        env=os.environ | {"LOCKFREE_CHECKER": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_shipped_source_passes(tmp_path):
    build(tmp_path)
    done = judge(tmp_path)
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_in_the_checker_fails_a_test(mutant, tmp_path):
    build(tmp_path, mutant)
    done = judge(tmp_path)
    assert done.returncode == 1, f"{mutant.name} survived: {mutant.reason}\n{done.stdout[-2000:]}"


def test_there_are_enough():
    assert len(MUTANTS) >= 15
