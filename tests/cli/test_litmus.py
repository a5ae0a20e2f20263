"""`lockfree litmus`: herd's summary, exit codes, messages."""

import json
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[1] / "litmus" / "shared"
BROKEN = "C broken\n{ [x]=0; }\nP0 (atomic_int* x) {\n  atomic_nand(x, 1);\n}\nexists (x=1)\n"
FOREVER = """\
C forever
{ [x]=0; }
P0 (atomic_int* x) {
  int r0 = 0;
  while (r0 < 1000000) {
    atomic_store_explicit(x, 1, memory_order_relaxed);
    r0 = r0 + 1;
  }
}
exists (x=1)
"""
RACE = "C race\n{ x=0; }\nP0 (int* x) {\n  *x = 1;\n}\nP1 (int* x) {\n  int r0 = *x;\n}\nexists (1:r0=0)\n"


@pytest.fixture
def write(tmp_path):
    def make(text):
        path = tmp_path / f"{text.split()[1]}.litmus"
        path.write_text(text)
        return path

    return make


def test_it_prints_herds_summary(cli):
    done = cli("litmus", SHARED / "SB.litmus")
    assert done.code == 0
    assert done.out.decode() == (
        "Test SB Allowed\nStates 4\n0:r0=0; 1:r0=0;\n0:r0=0; 1:r0=1;\n0:r0=1; 1:r0=0;\n0:r0=1; 1:r0=1;\nOk\n"
        "Witnesses\nPositive: 1 Negative: 3\nCondition exists (0:r0=0 /\\ 1:r0=0)\nObservation SB Sometimes 1 3\n\n"
    )


@pytest.mark.parametrize(("model", "observed"), [("rc11", "Sometimes 1 3"), ("tso", "Never 0 3"), ("sc", "Never 0 3")])
def test_each_model_has_its_answer(cli, model, observed):
    done = cli("litmus", SHARED / "MP.litmus", "--model", model)
    assert f"Observation MP {observed}" in done.out.decode()
    assert done.code == (0 if "Sometimes" in observed else 1)


def test_json_has_every_test(cli):
    done = cli("litmus", SHARED / "MP.litmus", SHARED / "SB.litmus", "--json")
    answer = json.loads(done.out)
    assert [test["name"] for test in answer["tests"]] == ["MP", "SB"]
    assert answer["tests"][0]["states"][2] == {"state": "1:r0=1; 1:r1=0;", "count": 1}
    assert (answer["tests"][0]["positive"], answer["tests"][0]["executions"]) == (1, 4)


def test_a_test_that_cannot_be_read_is_told_and_the_others_are_judged(cli, write):
    broken = write(BROKEN)
    done = cli("litmus", broken, SHARED / "SB.litmus")
    assert done.code == 2
    assert done.err == f"lockfree: {broken}:4: function 'atomic_nand' is not supported\n"
    assert b"Observation SB Sometimes" in done.out


def test_a_missing_file_is_told(cli, tmp_path):
    done = cli("litmus", tmp_path / "none.litmus")
    assert (done.code, done.err) == (2, f"lockfree: {tmp_path / 'none.litmus'}: No such file or directory\n")


def test_a_race_is_undefined_behaviour(cli, write):
    done = cli("litmus", write(RACE))
    assert done.code == 1
    assert b"\nUndef\n" in done.out
    assert b"Flag race: " in done.out


def test_what_has_no_end_is_not_judged(cli, write):
    done = cli("litmus", write(FOREVER))
    assert done.code == 2
    assert b"\nUnknown\n" in done.out
    assert "could not be judged" in done.err


def test_spurious_failures_are_counted_by_the_test_or_by_the_option(cli):
    weak = SHARED.parent / "cas" / "CAS+weak-alone.litmus"
    assert b"Positive: 1 Negative: 1" in cli("litmus", weak).out
    assert b"Positive: 0 Negative: 1" in cli("litmus", weak, "--spurious", "0").out
    assert cli("litmus", weak, "--spurious", "-1").code == 2
