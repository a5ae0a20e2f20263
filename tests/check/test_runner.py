"""The process side of the runner: answers, refusals, deaths and time-outs, by small programs that behave so."""

import os
import re
import stat
import sys
import textwrap
import time
from pathlib import Path

import pytest

from lockfree.check.result import DEFECTS, Event, Operation, Progress, Result, Site, State, Synchronization
from lockfree.check.runner import Options, RunnerError, Weakening, run, scenarios


@pytest.fixture
def behaves(tmp_path):
    """behaves(code): a program that does that, to be started in the runner's place."""

    def make(code):
        path = tmp_path / "runner"
        path.write_text(f"#!{sys.executable}\nimport json, os, sys, time\n{textwrap.dedent(code)}")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return make


LIBRARY = Path("program.so")


def test_an_answer_is_read_into_dataclasses(behaves):
    runner = behaves("""
        print(json.dumps({"progress": {"executions": 12, "seconds": 0.5}}))
        print(json.dumps({"progress": {"executions": 24, "seconds": 1.0, "estimate": 48.0}}))
        print(json.dumps({
            "verdict": "race", "message": "two threads", "model": "tso", "scenario": "main", "mode": "exhaustive",
            "executions": 30, "blocked": 2, "bound_hits": 1, "bound_sites": ["0x10"], "seconds": 1.5,
            "states": [{"values": [0, 18446744073709551615], "count": 3}],
            "histories": [[{"thread": 1, "operation": "push", "argument": 5, "answer": "ok", "value": 0,
                            "after": [], "pending": False},
                           {"thread": 2, "operation": "pop", "argument": 0, "after": [0], "pending": True}]],
            "sites": [{"offset": "0x1136", "kind": "update", "order": "release", "failure": "relaxed"}],
            "synchronizes": [{"release": "0x1136", "acquire": "0x1184", "count": 7},
                             {"release": "0x1", "acquire": "0x2", "count": 1, "sc": True}],
            "operations": [{"operation": "push", "most_steps": 5, "offset": "0x20"}], "between_completions": 9,
            "threads": 3,
            "trace": [{"id": 4, "thread": 1, "index": 2, "kind": "load", "order": "acquire", "offset": "0x1184",
                       "stack": ["0x1", "0x2"], "address": "0x7f00", "size": 4, "symbol": "x+8", "value": 1,
                       "reads_from": "initial", "stale": True, "newest": 3, "synchronizes_with": [1, 2]},
                      {"id": 5, "thread": 2, "index": -1, "kind": "write", "races_with": 4}],
            "deviations": [[3, 1]], "something new": 1}))
        sys.exit(1)
    """)
    told = []
    result = run(LIBRARY, runner=runner, on_progress=told.append)
    assert told == [Progress(12, 0.5, None), Progress(24, 1.0, 48.0)]
    assert (result.verdict, result.code, result.executions, result.threads) == ("race", 1, 30, 3)
    assert result.states == (State((0, 2**64 - 1), 3),)
    assert result.histories[0][1] == Operation(2, "pop", 0, "", after=frozenset({0}), pending=True)
    assert result.sites == (Site(0x1136, "update", "release", "relaxed"),)
    assert result.synchronizes[0] == Synchronization(0x1136, 0x1184, 7)
    assert result.synchronizes[1].sc
    assert result.bound_sites == (0x10,)
    assert result.operations[0].offset == 0x20
    assert result.deviations == ((3, 1),)
    assert result.trace[0] == Event(
        id=4, thread=1, index=2, kind="load", order="acquire", offset=0x1184, stack=(1, 2), address=0x7F00, size=4,
        symbol="x+8", value=1, reads_from="initial", stale=True, newest=3, synchronizes_with=(1, 2),
    )  # fmt: skip
    assert result.trace[1].races_with == 4
    assert result.raw["something new"] == 1


def test_options_reach_the_command_line(behaves):
    runner = behaves("""
        print(json.dumps({"verdict": "ok", "message": " ".join(sys.argv[1:])}))
    """)
    options = Options(
        scenario="two", model="sc", mode="replay", executions=1, seconds=0.5, events=9, loop=4, spurious=1, seed=2,
        depth=5, most=3, deviations=((3, 1), (4, 2)), freeze=((1, 2),),
        weaken=(Weakening(0x10, "o", "acquire"), Weakening(0x20, "x")), histories=True, unreclaimed=True, jobs=2,
    )  # fmt: skip
    assert run(LIBRARY, options, runner=runner).message == (
        "program.so --model sc --mode replay --scenario two --executions 1 --seconds 0.5 --events 9 --loop 4"
        " --spurious 1 --seed 2 --depth 5 --most 3 --jobs 2 --deviations 3:1,4:2 --freeze 1:2"
        " --weaken 0x10:o:acquire,0x20:x --histories --unreclaimed"
    )
    assert run(LIBRARY, runner=runner).message == "program.so --model rc11 --mode exhaustive"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("sys.stderr.write('heap gone\\n'); sys.stderr.flush(); os.kill(os.getpid(), 11)", "SIGSEGV.*heap gone"),
        ("print('{\"verdict\": \"o', end='', flush=True); os.kill(os.getpid(), 9)", "SIGKILL"),
        ("print('no answer'); sys.exit(0)", "exit status 0 without an answer"),
        ("print([1]); sys.exit(1)", "exit status 1 without an answer"),
    ],
)
def test_a_runner_that_dies_is_a_verdict(behaves, code, message):
    result = run(LIBRARY, Options(model="sc", scenario="two"), runner=behaves(code))
    assert (result.verdict, result.code, result.model, result.scenario) == ("crash", 1, "sc", "two")
    assert re.search(message, result.message)


def test_a_runner_that_hangs_is_killed_with_its_children(behaves, tmp_path):
    child = tmp_path / "child"
    runner = behaves(f"""
        if (pid := os.fork()) == 0:
            time.sleep(100)
        open({str(child)!r}, "w").write(str(pid))
        os.rename({str(child)!r}, {str(child) + ".pid"!r})
        time.sleep(100)
    """)
    result = run(LIBRARY, runner=runner, timeout=2)
    assert result.verdict == "crash"
    assert "stopped after 2 s" in result.message
    pid = int(Path(f"{child}.pid").read_text())
    while True:  # ends because the child was killed; else the test's time-out says so
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                break
        except (ProcessLookupError, FileNotFoundError):
            break
        time.sleep(0.01)


def test_an_error_of_the_caller_ends_the_runner_too(behaves):
    runner = behaves("""
        print(json.dumps({"progress": {"executions": 1, "seconds": 0.5}}), flush=True)
        time.sleep(100)
    """)

    def stop(progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(LIBRARY, runner=runner, on_progress=stop)


def test_much_on_standard_error_stops_nothing(behaves):
    runner = behaves("""
        sys.stderr.write("x" * 1_000_000)
        print(json.dumps({"verdict": "ok", "message": "nothing found"}))
    """)
    assert run(LIBRARY, runner=runner).verdict == "ok"


def test_a_refusal_is_an_error_with_the_runners_sentence(behaves):
    with pytest.raises(RunnerError, match="no scenario 'three'"):
        run(LIBRARY, runner=behaves("sys.exit(sys.stderr.write(\"no scenario 'three'\\n\") and 2)"))


def test_scenarios_are_listed_or_the_reason_told(behaves):
    runner = behaves("""
        assert sys.argv[1:] == ["program.so", "--list"]
        print(json.dumps({"scenarios": ["main", "two"]}))
    """)
    assert scenarios(LIBRARY, runner=runner) == ("main", "two")
    with pytest.raises(RunnerError, match="cannot open"):
        scenarios(LIBRARY, runner=behaves("sys.exit(sys.stderr.write('cannot open\\n') and 2)"))


def test_exit_statuses_follow_the_verdict():
    assert Result("ok", "").code == 0
    assert {Result(verdict, "").code for verdict in DEFECTS} == {1}
    assert {Result(verdict, "").code for verdict in ("bound", "unsupported", "nondeterministic")} == {2}
