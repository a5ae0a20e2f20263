"""Each seeded fault in a copy of the collector's C makes the kill -9 test fail, and for the right reason.

A kill seldom meets the microsecond between two steps: a pause there, harmless by itself (the first test), makes it
frequent.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

ROUND = """  const int error = lf_segment_write(collector, collector->run, runs);
  if (error != 0) {
    *bytes = 0;
    return error;
  }
"""
ACKNOWLEDGE = "  for (uint32_t i = 0; i < runs; i++) acknowledge(collector->run_lane[i], &collector->run[i]);\n"

SALVAGE = "  int error = lf_salvage_lane(fd, lane->through, &s);\n"
COMMIT = "  lf_spsc_bytes_publish_(lane->queue, end);\n"
REST = "  { extern int usleep(unsigned); (void)usleep(2000); }\n"
PAUSE = ("drain.c", ROUND, ROUND + REST)

FAULTS = {
    "acknowledged before it is written": (
        [("drain.c", ROUND + ACKNOWLEDGE, ACKNOWLEDGE + ROUND)],
        "events lost|the block says",
    ),
    "adoption does not look into the segments": (
        [("recover.c", "lf_salvage_lane(fd, lane->through, &s)", "lf_salvage_lane(fd, 0, &s)"), PAUSE],
        "more than once|doubled",
    ),
    "a lane is removed before its events are delivered": (
        [("recover.c", SALVAGE, SALVAGE + "  (void)unlinkat(collector->dir, lane->name, 0);\n" + REST)],
        "events lost|lanes without a line",
    ),
    "the living are taken for dead": (
        [("survey.c", "  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {", "  if (flock(fd, LOCK_EX | LOCK_NB) == 77) {")],
        "left by itself|more than once|doubled|lost|assert",
    ),
    "an event is acknowledged before it is published": (
        [("emit.c", COMMIT, "  if (seq % 50000 != 49999)" + COMMIT)],
        "lost|balanced|assert",
    ),
}


@pytest.fixture
def built(tmp_path):
    """Compiles the collector with pieces of its text replaced; the shared library's path."""

    def build(changes: list[tuple[str, str, str]]) -> Path:
        source = tmp_path / "collector"
        shutil.copytree(ROOT / "csrc/collector", source)
        for file, old, new in changes:
            text = (source / file).read_text()
            assert text.count(old) == 1, f"{file} has changed: seed the fault anew"
            (source / file).write_text(text.replace(old, new))
        library = tmp_path / "liblockfree_collector.so"
        command = ["cc", "-std=gnu11", "-O2", "-shared", "-fPIC", "-pthread", f"-I{ROOT}/csrc/include", "-o", library]
        subprocess.run([*command, *source.glob("*.c")], check=True)
        return library

    return build


def kill_with(library: Path, basetemp: Path) -> subprocess.CompletedProcess:
    """Runs the kill -9 test over `library` instead of the installed one."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", f"--basetemp={basetemp}"),
            "tests/faults/test_kill9.py::test_some_instants[binary-40]",
        ],
        cwd=ROOT,
        env=os.environ | {"LD_PRELOAD": str(library)},
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )


@pytest.mark.crash
@pytest.mark.slow
def test_pauses_are_no_fault(built, tmp_path):
    run = kill_with(built([PAUSE, ("recover.c", SALVAGE, SALVAGE + REST)]), tmp_path / "run")
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.crash
@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("fault", FAULTS)
def test_the_fault_is_found(built, tmp_path, fault):
    changes, symptom = FAULTS[fault]
    library = built(changes)
    output = ""
    for _ in range(3):  # an instant in the window must be met
        run = kill_with(library, tmp_path / "run")
        output = run.stdout + run.stderr
        if run.returncode != 0:
            break
    assert run.returncode == 1, f"not found: {fault}\n{output}"
    assert re.search(symptom, output), output
