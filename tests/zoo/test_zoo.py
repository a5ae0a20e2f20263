"""Known bugs, re-implemented small: the broken program is told at its broken line, the upstream's own change mends it.

A folder holds broken.c and fixed.c (or .cpp), which differ by at most eight lines, the scenario.h that both include,
and zoo.toml: title, links, reason, verdict (one, or those that may be met first), step (the event that must be told at
the line marked BROKEN), models (those that show it, the others must not), verified (what was read of the original).
"""

import difflib
import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest

from lockfree.check.build import build
from lockfree.check.runner import Options, run
from lockfree.check.symbols import Symbols
from tests import needs

HERE = Path(__file__).parent
ZOO = sorted(path.parent for path in HERE.glob("*/zoo.toml"))
MODELS = ["sc", "tso", "rc11"]
MARK = re.compile(r" *(/\* BROKEN \*/|// BROKEN)")
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-pthread"]
COMPILERS = {".c": ["gcc", "clang"], ".cpp": ["g++", "clang++"]}
STANDARD = {".c": "-std=c11", ".cpp": "-std=c++17"}
PACKAGE = {"gcc": "gcc", "g++": "gcc", "clang": "clang", "clang++": "clang"}
VERDICTS = {"race", "assertion", "deadlock", "livelock", "use-after-free", "double-free", "leak", "uninitialised"}
KEYS = {"title", "links", "reason", "verdict", "step", "models", "verified"}


@pytest.fixture(params=ZOO, ids=lambda path: path.name)
def bug(request):
    return request.param


@cache
def told(bug):
    return tomllib.loads((bug / "zoo.toml").read_text())


def source(bug, which):
    (path,) = bug.glob(f"{which}.c*")
    return path


def verdicts(bug):
    verdict = told(bug)["verdict"]
    return [verdict] if isinstance(verdict, str) else verdict


def explored(bug, which, **options):
    path = source(bug, which)
    library = build([path], flags=[STANDARD[path.suffix]]).library
    return library, run(library, Options(**options), timeout=100)


def test_known_bugs_are_many():
    assert len(ZOO) >= 30


def test_described(bug):
    about = told(bug)
    assert set(about) == KEYS
    assert all(link.startswith("https://") for link in about["links"])
    assert set(verdicts(bug)) <= VERDICTS
    assert about["models"]
    assert set(about["models"]) <= set(MODELS)
    assert about["verified"] in {"read upstream change", "from the description"}


def test_differs_by_at_most_eight_lines(bug):
    broken, fixed = (MARK.sub("", source(bug, which).read_text()).splitlines() for which in ("broken", "fixed"))
    changed = [line for line in difflib.ndiff(broken, fixed) if line[0] in "+-"]
    assert 1 <= len(changed) <= 8
    assert len(MARK.findall(source(bug, "broken").read_text())) == 1


@pytest.mark.parametrize("which", ["broken", "fixed"])
def test_compiles_without_a_warning(bug, which):
    path = source(bug, which)
    for compiler in COMPILERS[path.suffix]:
        program = needs.require(compiler, package=PACKAGE[compiler])
        command = [program, STANDARD[path.suffix], *WARNINGS, "-fsyntax-only", path]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("model", MODELS)
def test_broken_is_found_by_the_models_that_allow_it(bug, model):
    _, result = explored(bug, "broken", model=model)
    assert result.verdict in (verdicts(bug) if model in told(bug)["models"] else ["ok"]), result.message


@pytest.mark.parametrize("model", MODELS)
def test_fixed_passes(bug, model):
    _, result = explored(bug, "fixed", model=model)
    assert (result.verdict, result.bound_hits) == ("ok", 0), result.message


def test_told_step_stands_at_the_broken_line(bug):
    path = source(bug, "broken")
    (number,) = (i for i, line in enumerate(path.read_text().splitlines(), 1) if MARK.search(line))
    library, result = explored(bug, "broken", mode="shortest")
    assert result.verdict in verdicts(bug)
    step = told(bug)["step"]
    symbols = Symbols(library)
    frames = {
        frame
        for event in result.trace
        if event.kind == step["kind"] and event.stale >= step.get("stale", False)
        for frame in symbols.chain(event.offset, event.stack)
    }
    assert number in {frame.line for frame in frames if Path(frame.file).name == path.name}
