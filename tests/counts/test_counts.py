"""The explorer counts what others have counted: every consistent execution once, none twice, in each model."""

import tomllib
from pathlib import Path

import pytest

from lockfree.check.build import build
from lockfree.check.runner import Options, run

HERE = Path(__file__).parent
COUNTS = tomllib.loads((HERE / "counts.toml").read_text())["count"]
MANY = 50_000


def parameters():
    for count in COUNTS:
        for model, expected in count["expected"].items():
            slow = count.get("slow") or (model != "rc11" and expected > MANY)
            marks = [pytest.mark.slow, pytest.mark.timeout(600)] if slow else []
            name = "-".join([count["program"], *count.get("defines", []), model])
            yield pytest.param(count, model, expected, id=name, marks=marks)


@pytest.mark.parametrize(("count", "model", "expected"), list(parameters()))
def test_executions(count, model, expected):
    flags = [f"-D{define}" for define in count.get("defines", [])]
    built = build([HERE / f"{count['program']}.c"], flags=flags)
    result = run(built.library, Options(model=model), timeout=500)
    assert (result.verdict, result.executions, result.bound_hits) == ("ok", expected, 0), result.message


def test_every_program_is_counted():
    assert {count["program"] for count in COUNTS} == {path.stem for path in HERE.glob("*.c")}


def test_of_two_workers_none_counts_what_the_other_counts():
    built = build([HERE / "casrot.c"], flags=["-DN=9"])
    assert run(built.library, Options(jobs=2), timeout=100).executions == run(built.library, timeout=100).executions
