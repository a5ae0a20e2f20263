"""README and the pages: every block runs, prints what its comments say, and names only what exists."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import needs

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "tests/README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(python|c)\n(.*?)^```", re.MULTILINE | re.DOTALL)
README = BLOCK.findall((ROOT / "README.md").read_text())
TUTORIAL = BLOCK.findall((ROOT / "docs/tutorial.md").read_text())


def run(command: list[object], cwd: Path) -> str:
    result = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def run_python(text: str, folder: Path) -> str:
    """Runs a block in `folder`, with /dev/shm/<name> moved there."""
    return run([sys.executable, "-c", re.sub(r"/dev/shm/\w+", str(folder / "events"), text)], folder)


def test_first_screen():
    """The two commands and four blocks of at most ten lines come first."""
    assert [language for language, _ in README] == ["python", "python", "c", "c"]
    assert all(len(text.splitlines()) <= 10 for _, text in README)
    head = (ROOT / "README.md").read_text().split("```")[0]
    assert "make run" in head
    assert "make test" in head


def test_queue_block(tmp_path):
    assert float(run_python(README[0][1], tmp_path)) == sum(i / 2 for i in range(100_000))


def test_collector_block(tmp_path):
    assert run_python(README[1][1], tmp_path).split() == ["True", "True", "[np.float64(9.5)]"]


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_c_block(tmp_path, compiler):
    cc = needs.require(compiler, package=compiler)
    (tmp_path / "ring.c").write_text(README[2][1])
    warnings = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    run([cc, *warnings, f"-I{ROOT / 'csrc/include'}", "ring.c", "-o", "ring"], tmp_path)
    assert run([tmp_path / "ring"], tmp_path).split() == [str(i) for i in range(1000)]


def test_checker_block(tmp_path, monkeypatch):
    monkeypatch.setenv("LOCKFREE_CACHE", str(tmp_path))
    (tmp_path / "message.c").write_text(README[3][1])
    command = [sys.executable, "-m", "lockfree", "check", "message.c"]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert "Missing: release at message.c:6" in answer.stdout
    assert "x86-TSO: never" in answer.stdout


@pytest.mark.parametrize("number", range(len(TUTORIAL)))
def test_tutorial_prints_what_it_says(tmp_path, number):
    text = TUTORIAL[number][1]
    said = [
        line.partition("#")[2].partition(": ")[0].strip()
        for line in text.splitlines()
        if "print(" in line and "#" in line
    ]
    assert said
    assert run_python(text, tmp_path).splitlines() == said


def test_atomics_block(tmp_path):
    [(_, text)] = BLOCK.findall((ROOT / "docs/structures/atomics.md").read_text())
    assert run_python(text, tmp_path) == "True\n"


SHOP = """
import dataclasses, lockfree
@dataclasses.dataclass
class Click: uid: str; item: int; price: float
with lockfree.Collector("/dev/shm/shop", lane_bytes="64KiB", drain=False) as collector:
    while collector.emit(bytes(1000)): pass
    collector.flush()
    for price in (1.0, 3.0): collector.event(Click)("u", 1, price)
"""


def test_reading_blocks(tmp_path):
    first, second = (text for _, text in BLOCK.findall((ROOT / "docs/howto/read.md").read_text()))
    run_python(SHOP, tmp_path)
    assert run_python(first, tmp_path).startswith("2.0 1")
    told = run_python("import lockfree\n" + second, tmp_path)
    assert re.fullmatch(r"1 events dropped between \d+ and \d+: \{'full': 1\}\n", told)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_make_targets_that_are_named_exist():
    makefile = (ROOT / "Makefile").read_text()
    for page in PAGES:
        for line in re.findall(r"`(make [a-z-]+)`|^ +(make [a-z-]+)", page.read_text(), re.MULTILINE):
            target = "".join(line).split()[1]
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{page}: make {target}"


def test_commands_that_are_named_exist():
    said = run([sys.executable, "-c", "import sys, lockfree.cli as cli; sys.exit(cli.main(['--help']))"], ROOT)
    for page in PAGES:
        for command in re.findall(r"lockfree ([a-z]+) (?:DIR|FILE|/dev)", page.read_text()):
            assert re.search(rf"^ +{command} ", said, re.MULTILINE), f"{page}: lockfree {command}"


def test_files_that_are_named_exist():
    for page in PAGES:
        for name in re.findall(r"`((?:tests|tools|csrc|docs|examples|src)/[\w./]+)`", page.read_text()):
            assert (ROOT / name).exists(), f"{page}: {name}"
