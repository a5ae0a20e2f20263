"""From nothing to the told counterexample: one command on a C file with a relaxed message-passing bug."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).with_name("programs")


@pytest.fixture
def message(tmp_path):
    return Path(shutil.copy(PROGRAMS / "message.c", tmp_path))


def line_of(path, text):
    return next(number for number, line in enumerate(path.read_text().splitlines(), 1) if text in line)


def test_one_command_tells_the_whole_story(check_command, message, tmp_path):
    answer = check_command("message.c", LOCKFREE_CACHE=str(tmp_path / "empty"))
    assert answer.code == 1
    assert answer.err == ""
    lines = answer.out.splitlines()
    assert lines[0].startswith("message:main")
    assert " race " in lines[0]
    store, load = line_of(message, "atomic_store"), line_of(message, "atomic_load")
    head = next(line for line in lines if "thread 1: writer" in line)
    assert head.index("thread 1: writer") < head.index("thread 2: reader")
    assert f"message.c:{store}" in answer.out
    assert "data" in answer.out
    assert "writes ready = 1 (relaxed)" in answer.words
    assert "reads ready = 1 (relaxed), from #2" in answer.words
    assert f"Missing: release at message.c:{store} (or a release fence before it) and" in answer.words
    assert f"and acquire at message.c:{load} (or an acquire fence after it)." in answer.words
    assert "x86-TSO: never" in answer.out
    assert "sequential consistency: never" in answer.out


@pytest.mark.parametrize("name", ["message.c", "store_buffering.c", "sequence_lock.c"])
def test_the_printed_command_shows_the_same_execution(check_command, tmp_path, name):
    shutil.copy(PROGRAMS / name, tmp_path)
    first = check_command(name)
    command = re.search(r"lockfree check (.*)", first.out)[1]
    again = check_command(*shlex.split(command))
    assert again.code == 1
    picture = first.out.split("\n\n")[2]
    assert picture in again.out


def test_each_order_that_is_said_to_miss_is_what_was_missing(check_command, message):
    fixed = message.read_text().replace("&ready, 1, memory_order_relaxed", "&ready, 1, memory_order_release")
    message.write_text(fixed)
    half = check_command("message.c")
    assert half.code == 1
    assert "Missing: acquire at" in half.words
    message.write_text(fixed.replace("memory_order_relaxed", "memory_order_acquire"))
    whole = check_command("message.c")
    assert whole.code == 0
    assert re.search(r"message:main +ok +2 executions", whole.out)


def test_the_how_to_page_shows_what_is_said(check_command, source):
    page = (Path(__file__).parents[2] / "docs/howto/check.md").read_text()
    (_, program), (_, story), *_ = re.findall(r"^```(c|text)\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    source("message.c", program)
    answer = check_command("message.c", COLUMNS="110")
    assert answer.out.partition("\n\n")[2] == story


def test_json_is_one_object(check_command, message):
    answer = check_command("message.c", "--json").json
    assert answer["verdict"] == "race"
    assert answer["models"] == {"tso": "ok", "sc": "ok"}
    assert {"executions", "blocked", "bound_hits", "trace", "deviations", "message"} <= answer.keys()
    assert [one["scenario"] for one in answer["scenarios"]] == ["main"]


def test_stronger_models_have_no_defect(check_command, message):
    assert check_command("message.c", "--model", "tso").code == 0
    assert check_command("message.c", "--model", "sc").code == 0
