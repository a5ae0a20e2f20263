"""The benchmarks run, are kept and are compared with a kept run by the very commands of bench/README.md."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "bench/README.md").read_text()
COMPARE, KEEP = re.findall(r"^    (pytest bench .*)$", README, re.MULTILINE)
ONE = ("-q", "-k", "test_deque_append")  # of some fifty: how they are run is shown, not how fast they are


def run(command: str, storage: Path | None = None) -> str:
    if storage is not None:
        command = command.replace("bench/results/pytest", str(storage))
    words = [sys.executable, "-m", *shlex.split(command), *ONE]
    # As a person runs it: the suite's own workers are none of the benchmarks', which would switch themselves off.
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST_")}
    done = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def compared(text: str) -> list[str]:
    return re.findall(r"^test_deque_append \((\S+)\)", text, re.MULTILINE)


def test_a_run_is_kept_to_compare_with():
    now, kept = sorted(compared(run(COMPARE)), key=lambda name: name != "NOW")
    assert now == "NOW"
    assert list((ROOT / "bench/results/pytest").glob(f"*/{Path(kept).name}.json"))


@pytest.mark.parametrize("python", ["this", "another"])
def test_what_was_kept_is_compared_with(tmp_path, python):
    run(KEEP, tmp_path / "storage")
    [kept] = (tmp_path / "storage").glob("*/0001_NAME.json")
    said = kept.read_text()
    assert not re.search(r'"(node|project|branch)"', said)
    if python == "another":
        kept.parent.rename(kept.parent.with_name("Linux-CPython-9.9-64bit"))
    assert {Path(name).name for name in compared(run(COMPARE, tmp_path / "storage"))} == {"NOW", "0001_NAME"}
