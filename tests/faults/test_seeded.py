"""Each seeded fault in a copy of the collector's C makes the kill -9 test fail, and for the right reason."""

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

FAULTS = {
    "acknowledged before it is written": (
        "drain.c",
        ROUND + ACKNOWLEDGE,
        ACKNOWLEDGE + ROUND,
        "events lost|the block says",
    ),
    "adoption does not look into the segments": (
        "recover.c",
        "lf_salvage_lane(fd, lane->through, &s)",
        "lf_salvage_lane(fd, 0, &s)",
        "more than once|doubled",
    ),
    "a lane is removed before its events are delivered": (
        "recover.c",
        "  int error = lf_salvage_lane(fd, lane->through, &s);\n",
        "  int error = lf_salvage_lane(fd, lane->through, &s);\n  (void)unlinkat(collector->dir, lane->name, 0);\n",
        "events lost|lanes without a line",
    ),
    "the living are taken for dead": (
        "survey.c",
        "  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {",
        "  if (flock(fd, LOCK_EX | LOCK_NB) == 77) {",
        "left by itself|more than once|doubled|lost|assert",
    ),
    "an event is acknowledged before it is published": (
        "emit.c",
        "  lf_spsc_bytes_commit_as(queue, inner, kind, crc);\n",
        "  if (seq % 50000 != 49999) lf_spsc_bytes_commit_as(queue, inner, kind, crc);\n",
        "lost|balanced|assert",
    ),
}


@pytest.fixture
def broken(tmp_path):
    """Compiles the collector with one piece of its text replaced; the shared library's path."""

    def build(file: str, old: str, new: str) -> Path:
        source = tmp_path / "collector"
        shutil.copytree(ROOT / "csrc/collector", source)
        text = (source / file).read_text()
        assert text.count(old) == 1, f"{file} has changed: seed the fault anew"
        (source / file).write_text(text.replace(old, new))
        library = tmp_path / "liblockfree_collector.so"
        command = ["cc", "-std=gnu11", "-O2", "-shared", "-fPIC", "-pthread", f"-I{ROOT}/csrc/include", "-o", library]
        subprocess.run([*command, *source.glob("*.c")], check=True)
        return library

    return build


@pytest.mark.crash
@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_the_fault_is_found(broken, tmp_path, fault):
    file, old, new, symptom = FAULTS[fault]
    library = broken(file, old, new)
    output = ""
    for _ in range(3):  # an instant in the window must be met
        run = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", f"--basetemp={tmp_path}/run"),
                "tests/faults/test_kill9.py::test_some_instants[binary-40]",
            ],
            cwd=ROOT,
            env=os.environ | {"LD_PRELOAD": str(library)},
            capture_output=True,
            text=True,
            check=False,
            timeout=110,
        )
        output = run.stdout + run.stderr
        if run.returncode != 0:
            break
    assert run.returncode == 1, f"not found: {fault}\n{output}"
    assert re.search(symptom, output), output
