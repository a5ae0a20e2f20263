"""The tools that look at the tree (includes, imports, outside), each with seeded faults."""

import re
import shutil
import subprocess
import sys

import pytest

from tools import includes, outside

ROOT = outside.ROOT


def test_includes_of_the_tree_go_down():
    assert includes.check(includes.CSRC) == []


@pytest.mark.parametrize(
    ("file", "line", "message"),
    [
        ("include/lockfree/spsc_ring.h", '#include "../../collector/collector.h"', "may not include"),
        ("include/lockfree/api/base.h", '#include "../base.h"', "include/lockfree/api may not include ../base.h"),
        ("include/lockfree/spsc_ring.h", "#include <Python.h>", "may not include Python.h"),
        ("collector/crc32c.c", "# include <Python.h>", "collector may not include Python.h"),
        ("collector/crc32c.c", '#include "stdio.h"', "nowhere in csrc"),
        (
            "checker/model.c",
            "#include <lockfree/base.h>",
            "checker may not include lockfree/base.h of include/lockfree",
        ),
        (
            "checker/scenarios/spsc_ring/x.c",
            '#include "collector.h"',
            "checker/scenarios may not include collector.h of collector",
        ),
        ("attic/old.c", "#include <lockfree/base.h>", "csrc/attic is no room"),
    ],
)
def test_wrong_include_is_seen(tmp_path, file, line, message):
    csrc = tmp_path / "csrc"
    shutil.copytree(includes.CSRC, csrc)
    path = csrc / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text((path.read_text() if path.exists() else "") + line + "\n")
    faults = includes.check(csrc)
    assert len(faults) == 1
    assert message in faults[0]
    assert faults[0].startswith(f"{path}:{len(path.read_text().splitlines())}: ")


def test_no_tracked_file_names_a_machine_or_a_registry():
    assert outside.check(ROOT) == []


@pytest.mark.parametrize(
    "text", ["/wo" + "rk/main", "see /ho" + "me/me/x", "https://py" + "pi.org/simple", "/tmp/" + "wt/a"]
)
def test_machine_or_registry_is_seen(tmp_path, text):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "file.txt").write_text(f"fine\n{text}\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    assert outside.check(tmp_path) == []
    subprocess.run(["git", "-C", tmp_path, "add", "."], check=True)
    assert [fault.split(": ")[0] for fault in outside.check(tmp_path)] == ["file.txt:2"]


@pytest.mark.parametrize(
    ("file", "line"),
    [
        (None, ""),
        ("queues/ring.py", "from lockfree.collector import x"),
        ("collector/x.py", "import lockfree.testing"),
        ("collector/x.py", "import uvicorn"),
        ("check/model.py", "import lockfree.queues"),
        ("errors.py", "from lockfree import queues"),
    ],
)
def test_import_contracts(tmp_path, file, line):
    package = tmp_path / "src/lockfree"
    for room in ("queues", "collector", "testing", "check", "cli"):
        (package / room).mkdir(parents=True)
        (package / room / "__init__.py").write_text("")
    (package / "__init__.py").write_text("")
    (package / "errors.py").write_text("")
    (package / "cli/main.py").write_text("import lockfree.collector\nimport lockfree.testing\n")
    if file:
        (package / file).write_text(line + "\n")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    run = subprocess.run(
        [sys.executable, ROOT / "tools/imports.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.returncode == (1 if file else 0), run.stdout + run.stderr
    assert ("BROKEN" in run.stdout) == bool(file)


def test_changelog_fragments_are_named_so_that_towncrier_finds_them():
    kinds = re.compile(r"[\w+-]+\.(added|changed|fixed|removed)\.md")
    names = [path.name for path in (ROOT / "changelog.d").iterdir() if path.name != "README.md"]
    assert names
    assert [name for name in names if not kinds.fullmatch(name)] == []
