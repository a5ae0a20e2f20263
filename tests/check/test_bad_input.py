"""What is no good program: each is named, none takes the checker down, and nothing is sold as proof."""

import subprocess

import pytest

from lockfree.check.build import build, runner_path
from lockfree.check.runner import Options, run

HEAD = """
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
static atomic_int x, y;
static void *nothing(void *unused) { atomic_store(&y, 1); return unused; }
"""
BOTH = """
int main(void) {
  pthread_t a, b;
  pthread_create(&a, NULL, body, NULL);
  pthread_create(&b, NULL, nothing, NULL);
  pthread_join(a, NULL);
  pthread_join(b, NULL);
}
"""


@pytest.fixture
def body(source):
    """body(text): a program whose first thread does that, at line 8 or below; the second stores once."""

    def write(text):
        path = source("program.c", "")
        path.write_text(f"{HEAD.lstrip()}static void *body(void *unused) {{\n{text}\n  return unused;\n}}\n{BOTH}")
        return path

    return write


def test_a_file_that_does_not_compile_gives_the_compilers_words(check_command, source):
    answer = check_command(source("wrong.c", "int main(void) {\n  retrun 0;\n}\n"))
    assert answer.code == 2
    assert "wrong.c:2:" in answer.err
    assert "error:" in answer.err
    assert "retrun" in answer.err
    assert "Traceback" not in answer.err


def test_a_warning_of_the_compiler_is_passed_on(check_command, source):
    program = source(
        "warns.c",
        (HEAD + BOTH)
        .replace("body", "nothing")
        .replace("static atomic_int x, y", "#warning ho\nstatic atomic_int x, y"),
    )
    answer = check_command(program)
    assert answer.code == 0
    assert "warning" in answer.err


def test_a_program_without_threads_is_no_program_to_check(check_command, source):
    answer = check_command(source("alone.c", "int main(void) { return 0; }\n"))
    assert answer.code == 2
    assert "thread" in answer.out + answer.err


def test_a_file_without_main_and_scenarios(check_command, source):
    answer = check_command(source("library.c", "int f(void) { return 0; }\n"))
    assert answer.code == 2
    assert "neither a main nor an LF_SCENARIO" in answer.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["missing.c"], "missing.c: no such file"),
        (["no_such_structure"], "spsc_ring"),
        (["spsc_ring", "--scenario", "no_such"], "wrap"),
        ([], "check what?"),
        (["x.c", "--loop", "many"], "--loop"),
        (["x.c", "--replay", "soon"], "--replay"),
    ],
)
def test_words_that_name_nothing(check_command, words, said):
    answer = check_command(*words)
    assert answer.code == 2
    assert said in answer.err
    assert "Traceback" not in answer.err


def test_a_loop_without_end_is_named_with_a_bound(check_command, body):
    answer = check_command(body("  for (;;) atomic_fetch_add(&x, 1);"))
    assert answer.code == 2
    assert "cut by a bound" in answer.out
    assert "program.c:8  for (;;) atomic_fetch_add(&x, 1);" in answer.out
    assert "--loop" in answer.out
    assert "no proof" in answer.out


def test_a_bound_that_was_met_is_no_ok(check_command, body):
    answer = check_command(body("  for (int i = 0; i < 9; i++) atomic_fetch_add(&x, 1);"), "--loop", "3", "--json")
    assert answer.code == 2
    assert answer.json["verdict"] == "bound"
    assert answer.json["bound_hits"] > 0


def test_a_thread_that_waits_for_nobody(check_command, body):
    answer = check_command(body("  while (!atomic_load(&x)) {}"))
    assert answer.code == 1
    assert "livelock" in answer.out
    assert "program.c:8" in answer.out


@pytest.mark.parametrize("name", ["fork", "sigaction", "poll"])
def test_a_call_that_is_not_modelled_is_named(check_command, body, name):
    answer = check_command(body(f"  extern int {name}();\n  if ({name}(&y) == 0) atomic_store(&x, 1);"))
    assert answer.code == 2
    assert f"unsupported: {name}() is not modelled" in answer.out


def test_accesses_of_two_sizes_are_named(check_command, body):
    answer = check_command(body("  atomic_store(&x, 1);\n  *(_Atomic char *)&x = 2;\n  (void)*(_Atomic short *)&x;"))
    assert answer.code == 2
    assert "unsupported" in answer.out
    assert "bytes" in answer.out


def test_a_program_with_a_mind_of_its_own(check_command, body):
    """A part of the C library that nobody resets goes on from one execution to the next."""
    answer = check_command(
        body("  if (lrand48() & 1) atomic_store(&x, 1); else (void)atomic_load(&y);\n  (void)atomic_load(&y);")
    )
    assert answer.code == 2
    assert "nondeterministic" in answer.out


@pytest.mark.parametrize(
    "text",
    [
        "  *(volatile int *)8 = 1;",
        "  abort();",
        "  volatile int zero = 0;\n  atomic_store(&x, 7 / zero);",
        "  atomic_fetch_add(&x, body(NULL) == NULL);",
        "  ((void (*)(void))16)();",
    ],
)
def test_a_crash_is_a_verdict(check_command, body, text):
    answer = check_command(body(text))
    assert answer.code == 1
    assert "crash" in answer.out
    assert "Traceback" not in answer.err


def test_a_thread_that_never_comes_back(check_command, body):
    """No atomic operation, so that nothing of the model ends it."""
    answer = check_command(body("  for (volatile int i = 0;; i = 1) {}"), "--seconds", "2")
    assert answer.code != 0
    assert "program" in answer.out
    assert "Traceback" not in answer.err


def test_exit_in_a_thread(check_command, body):
    answer = check_command(body("  exit(3);"))
    assert answer.code in (1, 2)
    assert "exit" in answer.out


def test_what_the_program_prints_is_shown_in_a_replay_alone(check_command, body):
    program = body('  printf("[sees %d] ", atomic_fetch_add(&x, 1));\n  assert(!x);')
    program.write_text("#include <stdio.h>\n" + program.read_text())
    answer = check_command(program)
    assert (answer.code, answer.err) == (1, "")
    assert "assertion failed" in answer.out
    again = check_command(program, "--replay", "none")
    assert (again.code, again.err) == (1, "[sees 0] ")


def test_a_scenario_reads_what_the_runner_was_given(source):
    """One object, several programs: the input is the same in every execution; nothing given is no input."""
    path = source(
        "told.c",
        """
        #include <assert.h>
        #include <lockfree/check.h>
        #include <stdatomic.h>
        static atomic_int x;
        static void *add(void *n) { atomic_fetch_add(&x, *(const unsigned char *)n); return NULL; }
        LF_SCENARIO(told) {
          size_t bytes;
          const unsigned char *input = LF_INPUT(&bytes);
          lf_thread t[3];
          for (size_t i = 0; i < bytes; i++) t[i] = lf_spawn(add, (void *)&input[i]);
          for (size_t i = 0; i < bytes; i++) lf_join(t[i]);
          LF_OBSERVE(atomic_load(&x));
        }
        """,
    )
    library = build([path]).library
    for given, total, executions in ((b"\x01\xff", 256, 2), (b"abc", 294, 6), (b"", 0, 1)):
        result = run(library, Options(input=given))
        assert [state.values for state in result.states] == [(total,)]
        assert result.executions == executions


@pytest.mark.parametrize("wrong", ["0", "0g", "0A"])
def test_an_input_that_is_no_hexadecimal(source, wrong):
    library = build([source("none.c", "int main(void) { return 0; }\n")]).library
    done = subprocess.run([runner_path(), library, "--input", wrong], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("--input takes")) == (2, 1)
