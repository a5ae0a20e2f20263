"""`lockfree check`: what it lists, completes, takes for options, and shows while it works."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lockfree.check.result import Progress
from lockfree.cli.bar import line

PROGRAMS = Path(__file__).with_name("programs")

LONG = """
#include <lockfree/check.h>
#include <stdatomic.h>
static atomic_int x[8];
static void *body(void *argument) {
  for (int i = 0; i < 5; i++) atomic_fetch_add(&x[i], 1);
  return argument;
}
LF_SCENARIO(long_one) {
  lf_thread t[4];
  for (int i = 0; i < 4; i++) t[i] = lf_spawn(body, 0);
  for (int i = 0; i < 4; i++) lf_join(t[i]);
}
"""


def test_list_names_every_scenario_in_a_form_to_be_typed(check_command):
    listed = check_command("--list").out.splitlines()
    assert "spsc_ring  --scenario wrap" in listed
    assert len(listed) > 30
    words = next(row for row in listed if row.startswith("eventcount")).split()
    answer = check_command(*words)
    assert answer.code == 0
    assert len(answer.out.splitlines()) == 1


def test_list_of_a_file(check_command, source):
    program = source("two.c", LONG + "LF_SCENARIO(alone) { lf_join(lf_spawn(body, 0)); }\n")
    assert check_command(program, "--list").out == "long_one\nalone\n"
    answer = check_command(program, "--scenario", "alone")
    assert (answer.code, answer.out.count("\n")) == (0, 1)


def test_several_files_are_one_program(check_command, source):
    first, second = LONG.split("LF_SCENARIO")
    head = "\n".join(first.splitlines()[:3])
    one = source("one.c", first.replace("static void *body", "void *body").replace("i < 5", "i < 1"))
    two = source("two.c", f"{head}\nvoid *body(void *);\nLF_SCENARIO{second}".replace("4", "2"))
    answer = check_command(one, two)
    assert answer.code == 0
    assert re.match(r"one:long_one +ok +2 executions", answer.out)


def test_what_follows_the_dashes_goes_to_the_compiler(check_command, source):
    program = source("flags.c", LONG.replace("i < 5", "i < TURNS").replace("4", "2"))
    assert check_command(program).code == 2
    answer = check_command(program, "--json", "--", "-DTURNS=1")
    assert (answer.code, answer.json["executions"]) == (0, 2)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--executions", "50"], "bound"),
        (["--seconds", "0.2"], "bound"),
        (["--mode", "random", "--executions", "50", "--seed", "7", "--depth", "2"], "50 executions"),
        (["--scenario", "long_one", "--events", "2"], "bound"),
    ],
)
def test_bounds_are_kept_and_said(check_command, source, options, said):
    answer = check_command(source("long.c", LONG), *options)
    assert answer.code == 2
    assert said in answer.out


def test_jobs_find_the_same(check_command, source):
    program = source("jobs.c", LONG.replace("i < 5", "i < 2"))
    alone, both = check_command(program, "--json").json, check_command(program, "--json", "--jobs", "2").json
    assert alone["executions"] == both["executions"] == 24 * 24


def test_html_is_written_beside_the_story(check_command, tmp_path):
    answer = check_command(PROGRAMS / "message.c", "--html", "story.html")
    assert answer.code == 1
    assert "As a page: story.html" in answer.out
    assert "<svg" in (tmp_path / "story.html").read_text()
    assert check_command(PROGRAMS / "message.c", "--html", "no/such/folder.html").err.startswith("lockfree: no/such")


def test_json_holds_the_story_too(check_command):
    answer = check_command(PROGRAMS / "store_buffering.c", "--json").json
    assert answer["why"][0].startswith("Store buffering")
    assert answer["story"][0] == {
        "thread": 1,
        "place": "store_buffering.c:7",
        "source": "atomic_store_explicit(&x, 1, memory_order_release);",
        "did": "writes x = 1 (release)",
    }


def complete(typed):
    """What the shell would be offered after these words."""
    env = os.environ | {
        "_ARGCOMPLETE": "1",
        "COMP_LINE": typed,
        "COMP_POINT": str(len(typed)),
        "_ARGCOMPLETE_IFS": "\n",
    }
    reading, writing = os.pipe()
    script = 'exec 8>&"$0" 9>/dev/null; exec "$@"'
    words = ["bash", "-c", script, str(writing), sys.executable, "-m", "lockfree"]
    subprocess.run(words, env=env, pass_fds=(writing,), check=False, cwd=PROGRAMS, capture_output=True)
    os.close(writing)
    with os.fdopen(reading) as answers:
        return [word.strip() for word in answers.read().split("\n")]


def test_names_and_files_are_completed():
    assert "spsc_ring" in complete("lockfree check sp")
    assert "eventcount" not in complete("lockfree check sp")
    assert "message.c" in complete("lockfree check mess")
    assert "--scenario" in complete("lockfree check --sc")


def test_progress_on_a_terminal(source, kept):
    """Executions, their rate and, after a while, an estimate; nothing of it stays on the screen or in a pipe."""
    program = source("long.c", LONG)
    master, slave = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "lockfree", "check", program, "--seconds", "2"],
        stderr=slave, stdout=subprocess.PIPE, env=os.environ | {"LOCKFREE_CACHE": str(kept)},
    )  # fmt: skip
    os.close(slave)
    shown = b""
    while True:
        try:
            shown += os.read(master, 4096)
        except OSError:
            break
    out, _ = child.communicate()
    assert re.search(rb"long:long_one  .*[1-9][0-9,]* executions, [1-9][0-9,]*/s", shown)
    assert shown.endswith(b"\r\x1b[K")
    assert b"\x1b[K" not in out


def test_the_bar_tells_what_is_left():
    text = line("a:b", Progress(250, 0.5, 1000.0))
    assert text == "a:b  [######                  ]  25%  250 executions, 500/s of about 1,000, 0:01 left"
    assert line("a:b", Progress(0, 0.0)) == "a:b  0 executions, 0/s, 0 s"


def test_help_says_what_to_do_first(check_command):
    answer = check_command("--help")
    assert answer.code == 0
    assert "lockfree check spsc_ring" in answer.out
    assert json.dumps(answer.out)
