"""The checker against herd7: each test's verdict, final states and number of executions, under three models.

expected.json is herd7's word; `nox -s litmus_expectations` writes it.
"""

import functools
import json
import re

import pytest

from lockfree.check.litmus import MODELS, judge
from tests.litmus.corpus import HERE, corpus

EXPECTED = json.loads((HERE / "expected.json").read_text())
# Where the number of executions is another by construction; states and verdict are equal all the same.
OTHER_COUNT = {
    "mp/MP+rel+spin": "herd counts unrollings of a wait; here a wait is one execution, whatever it read before",
}
UNMODELLED = sorted(test for test in EXPECTED if test.startswith("unmodelled/"))
DOCUMENT = HERE.parents[1] / "docs" / "reference" / "litmus.md"

pytestmark = pytest.mark.timeout(300)


@functools.cache
def verdicts(model):
    """All of them at once: one compilation, one run of the runner for each."""
    names = list(corpus())
    judged = judge([corpus()[name] for name in names], model=model)
    return dict(zip(names, judged, strict=True))


def states(verdict):
    return sorted(state.text() for state in verdict.states)


CASES = [(model, name) for model in MODELS for name, entry in EXPECTED.items() if model in entry]


@pytest.mark.parametrize(("model", "name"), CASES)
def test_as_herd7_says(model, name):
    verdict, expected = verdicts(model)[name], EXPECTED[name][model]
    if expected["answer"] == "Undef":
        assert verdict.result.verdict == "race", verdict.summary()
        return
    assert verdict.result.verdict == "ok", verdict.summary()
    assert states(verdict) == sorted(expected["states"])
    assert verdict.observation == expected["observation"]
    assert verdict.ok == (expected["answer"] == "Ok")
    if name not in OTHER_COUNT:
        assert (verdict.positive, verdict.negative) == (expected["positive"], expected["negative"])


def test_a_wait_is_one_execution():
    for name in OTHER_COUNT:
        verdict = verdicts("rc11")[name]
        assert (verdict.positive + verdict.negative, verdict.result.bound_hits) == (1, 0)


@pytest.mark.parametrize("name", UNMODELLED)
@pytest.mark.xfail(strict=True, raises=AssertionError, reason="not modelled: docs/reference/litmus.md has the table")
def test_what_c11_allows_beyond_the_model(name):
    """When one of these passes, the table in the documentation is out of date."""
    assert states(verdicts("rc11")[name]) == sorted(EXPECTED[name]["c11"]["states"])


def test_the_table_of_what_is_not_modelled_is_whole():
    rows = re.findall(r"^\| `(unmodelled/[^`]+)`", DOCUMENT.read_text(), re.MULTILINE)
    assert sorted(rows) == UNMODELLED


def test_expectations_cover_every_file_and_no_other():
    assert sorted(EXPECTED) == sorted(corpus())
    assert sum(not name.startswith("shared/") for name in EXPECTED) >= 100
