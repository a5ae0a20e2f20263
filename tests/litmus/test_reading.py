"""Reading herd's C format: what is understood, what is refused and where, and the C that comes of it."""

import re
import subprocess

import pytest

from lockfree.check.litmus import LitmusError, Verdict, read_text
from lockfree.check.litmus.condition import text
from lockfree.check.litmus.generate import program
from lockfree.check.litmus.judge import verdict_of
from lockfree.check.litmus.names import observed, shown, weak_exchanges
from lockfree.check.litmus.tree import Assign, Atomic, Block, If, Location, Register, Store, While
from lockfree.check.result import Result, State
from tests import needs
from tests.litmus.corpus import FILES, corpus

EVERYTHING = """\
C everything
Cycle=Rfe PodRR
"a description (* even so *)"

(* nested (* comment *) *)
{ [x]=1; int y = 2; int *p = &x; *q = y; atomic_int z = ATOMIC_INIT(0x10); long w; 0:r9=3; 1:r8=&x; }

/* C comments too */
void P0 (atomic_int* x, volatile int* y, int** p, _Atomic long *w) {  // and these
  int r0 = atomic_load_explicit(x, memory_order_acquire);
  if (*y == 1) { atomic_store(x, r0 + 1); } else if (r0) *y = -2;
  while (r0 < 3)
    r0 = r0 + 1;
  int *r1 = *p;
  *r1 = r9 * (2 + 1);
  (void) atomic_fetch_sub_explicit(w, 1, memory_order_acq_rel);
  r2 = atomic_exchange(x, 7);
  atomic_thread_fence(memory_order_seq_cst);
}
(* between threads *)
P1 (atomic<int>* x, const int* y) {
  int r0 = WCAS(x, y, 4);
  int r1 = atomic_compare_exchange_strong_explicit(x, y, (int)5, memory_order_acq_rel, memory_order_acquire);
  ;
}

locations [0:r1; 1:r8; z; [w]; p int*;]
filter (not (x=5) \\/ true)
exists (0:r0=1 /\\ (P1:r0=0 \\/ ~([x]=1 /\\ y!=2)) => p=x)
"""


def test_the_whole_format_is_read():
    test = read_text(EVERYTHING, "a.litmus")
    assert test.name == "everything"
    assert test.options == {"Cycle": "Rfe PodRR"}
    assert [thread.number for thread in test.threads] == [0, 1]
    first = test.threads[0].body
    assert first[0] == Assign("r0", first[0].value, 10)
    assert first[0].value.orders == ("acquire",)
    assert isinstance(first[1], If)
    assert isinstance(first[1].then, Block)
    assert isinstance(first[1].otherwise, If)
    assert isinstance(first[2], While)
    assert isinstance(first[4], Store)
    assert first[4].order == ""
    assert first[6].value.orders == ("seq_cst",)
    cas = test.threads[1].body[0].value
    assert isinstance(cas, Atomic)
    assert (cas.operation, cas.orders) == ("compare_exchange_weak", ("seq_cst", "seq_cst"))
    assert weak_exchanges(test) == 1
    assert [str(place) for place in shown(test)] == [
        "0:r0", "0:r1", "1:r0", "1:r8", "[p]", "[w]", "[x]", "[y]", "[z]",
    ]  # fmt: skip
    assert observed(test) == shown(test)  # the filter names nothing else


def test_its_condition_is_printed_as_herd_does():
    condition = read_text(EVERYTHING, "a.litmus").condition
    # herd's `=>` binds tighter than `/\\`
    assert text(condition) == ("exists (0:r0=1 /\\ ((1:r0=0 \\/ not ([x]=1 /\\ not ([y]=2))) => [p]=x))")


def compiles(source, tmp_path, compiler="gcc"):
    path = tmp_path / "program.c"
    path.write_text(source)
    from lockfree.check.build import include_folders

    flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", *(f"-I{f}" for f in include_folders())]
    return subprocess.run([compiler, *flags, path], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_every_test_becomes_clean_c(tmp_path, compiler):
    needs.require(compiler, package=compiler)
    done = compiles(program([*corpus().values(), read_text(EVERYTHING, "a.litmus")]), tmp_path, compiler)
    assert done.returncode == 0, done.stderr


def test_debug_lines_are_the_litmus_files(tmp_path):
    broken = EVERYTHING.replace("r0 + 1;\n  int *r1", "r0 + 1 / 0;\n  int *r1")
    done = compiles(program([read_text(broken, "a.litmus")]), tmp_path)
    assert "a.litmus:13:" in done.stderr


def test_accesses_are_what_herd_takes_them_for():
    text = program([read_text(EVERYTHING, "a.litmus")])
    # By the operation, not by the parameter's type: `*x` of an atomic_int* is plain, as in herd.
    assert "*(int volatile *)(&t0_y) = (int)(-(2));" in text
    assert "atomic_fetch_sub_explicit((_Atomic(long) *)(&t0_w), (long)(1), memory_order_acq_rel)" in text
    assert "static int * t0_p = (int *)&t0_x;" in text
    assert "int r_r9 = (int)3;" in text
    assert "int * r_r8 = (int *)&t0_x;" in text
    assert "LF_OBSERVE(t0name((uintptr_t)t0_p));" in text


def one(body, condition="exists (0:r0=0)", initial="[x]=0; [y]=0;", parameters="atomic_int* x, atomic_int* y"):
    return f"C one\n{{ {initial} }}\nP0 ({parameters}) {{\n{body}\n}}\n{condition}\n"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("PPC MP\n{ }\n", "1: tests of PPC are not supported"),
        ("C \n{ }\n", "1: the first line must name the test"),
        ("C x\nVariant=S128\n{ }\nP0 () {\n}\nexists (x=1)", "3: a test for a variant of herd"),
        ("C x\n{ }\nP1 () {\n}\nexists (x=1)", "3: threads must be P0, P1"),
        ("C x\n{ }\nexists (x=1)", "3: expected a thread, P0, found 'exists'"),
        ("C x\n(* open\n{ }\n", "2: this comment is not closed"),
        ("C x\n{ int a[2]; }\n", "2: arrays are not supported"),
        (one("for (;;) {}"), "4: 'for' is not supported"),
        (one("struct s r0;"), "4: type 'struct' is not supported"),
        (one("int r0 = atomic_load_explicit(x, memory_order_release);"), "4: memory_order_release is not allowed here"),
        (one("atomic_store_explicit(x, 1, memory_order_acquire);"), "4: memory_order_acquire is not allowed here"),
        (one("atomic_thread_fence(acquire);"), "4: 'acquire' is no memory order"),
        (one("int r0 = atomic_nand(x, 1);"), "4: function 'atomic_nand' is not supported"),
        (one("int r0 = smp_load_acquire(x);"), "4: function 'smp_load_acquire' is not supported"),
        (one("int r0 = 1\nint r1 = 2;"), "5: expected ';' after a declaration, found 'int'"),
        (one("int r0 = 1, r1 = 2;"), "4: declare one register at a time"),
        (one("int r0 = z;"), "4: 'z' is neither a register nor a parameter of P0"),
        (one("int r0 = 1;\nx = 2;"), "5: 'x' is a parameter"),
        (one("int r0 = *r0;"), "4: an address is needed here"),
        (one("int r0 = x;"), "4: an address goes into a int"),
        (one("int r0 = 0;\nlong r0;"), "5: register 'r0' is declared with two types"),
        (one("int x = 0;", "exists (x=0)"), "3: P0 has 'x' as register and as parameter"),
        (one("int r0 = 0;", parameters="int x"), "3: parameter 'x' is no pointer"),
        (one("int r0 = 0;", parameters="long* x", initial="int x = 0;"), "2: 'x' is declared as long and as int"),
        (one("int r0 = 0;", initial="[x]=y;"), "2: 'x' holds the address of 'y'"),
        (one("int r0 = 0;", initial="5:r0=1;"), "2: 5:r0: there is no P5"),
        (one("int r0 = 0;", "exists (0:r7=0)"), "6: 0:r7: P0 has no register 'r7'"),
        (one("int r0 = 0;", "exists (3:r0=0)"), "6: 3:r0: there is no P3"),
        (one("int r0 = 0;", "exists (0:r0)"), "6: expected '=' after 0:r0"),
        (one("int r0 = 0;", "sometimes (0:r0=0)"), "6: expected 'exists', '~exists' or 'forall'"),
        (one("int r0 = 0;", "exists (0:r0=0) why"), "6: nothing is expected after the condition"),
        (one("int r0 = 0;", "exists (0:r0=0"), "7: expected ')' after a condition in parentheses, found the end"),
        (one("int r0 = 0;\nif (r0) {"), "8: a '}' is missing|7: .*"),
        (one("lock(x);\nint r0 = *x;"), "5: 'x' is a mutex"),
        (one("int r0 = 5 @ 3;"), "4: unexpected character '@'"),
    ],
)
def test_what_is_wrong_or_not_supported_is_told_with_its_line(source, message):
    with pytest.raises(LitmusError) as raised:
        program([read_text(source, "b.litmus")])
    assert re.match(f"b.litmus:({message})" if "|" in message else re.escape(f"b.litmus:{message}"), str(raised.value))


SB = """\
C SB
{ x=0; y=0; }
P0 (atomic_int* x, atomic_int* y) {
  atomic_store_explicit(x, 1, memory_order_relaxed);
  int r0 = atomic_load_explicit(y, memory_order_relaxed);
}
P1 (atomic_int* x, atomic_int* y) {
  atomic_store_explicit(y, 1, memory_order_relaxed);
  int r0 = atomic_load_explicit(x, memory_order_relaxed);
}
"""
RAN = Result("ok", "", states=tuple(State(values, 1) for values in ((1, 1), (0, 1), (1, 0), (0, 0))), executions=4)


def summary(condition, ran=RAN):
    return verdict_of(read_text(SB + condition, "sb.litmus"), "rc11", ran).summary()


# herd7 7.58's own words, but for its lines of time and hash.
@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (
            "exists (0:r0=0 /\\ 1:r0=0)",
            "Test SB Allowed\nStates 4\n0:r0=0; 1:r0=0;\n0:r0=0; 1:r0=1;\n0:r0=1; 1:r0=0;\n0:r0=1; 1:r0=1;\nOk\n"
            "Witnesses\nPositive: 1 Negative: 3\nCondition exists (0:r0=0 /\\ 1:r0=0)\nObservation SB Sometimes 1 3\n",
        ),
        (
            "~exists (0:r0=0 /\\ 1:r0=0)",
            "Test SB Forbidden\nStates 4\n0:r0=0; 1:r0=0;\n0:r0=0; 1:r0=1;\n0:r0=1; 1:r0=0;\n0:r0=1; 1:r0=1;\nNo\n"
            "Witnesses\nPositive: 3 Negative: 1\nCondition ~exists (0:r0=0 /\\ 1:r0=0)\nObservation SB Sometimes 1 3\n",
        ),
        (
            "forall (0:r0=0 \\/ 0:r0=1)",
            "Test SB Required\nStates 2\n0:r0=0;\n0:r0=1;\nOk\n"
            "Witnesses\nPositive: 4 Negative: 0\nCondition forall (0:r0=0 \\/ 0:r0=1)\nObservation SB Always 4 0\n",
        ),
        (
            "locations [x;]\nfilter (1:r0=1)\nexists (0:r0=7)",
            "Test SB Allowed\nStates 2\n0:r0=0; [x]=1;\n0:r0=1; [x]=1;\nNo\n"
            "Witnesses\nPositive: 0 Negative: 2\nCondition exists (0:r0=7)\nObservation SB Never 0 2\n",
        ),
    ],
)
def test_the_summary_is_herds(condition, expected):
    ran = RAN
    if "locations" in condition:  # the order of the observations: 0:r0, [x], then what only the filter needs
        values = ((1, 1, 1), (0, 1, 1), (1, 1, 0), (0, 1, 0))
        ran = Result("ok", "", states=tuple(State(v, 1) for v in values), executions=4)
    elif "1:r0" not in condition:
        ran = Result("ok", "", states=(State((1,), 2), State((0,), 2)), executions=4)
    assert summary(condition, ran) == expected


def test_a_race_leaves_the_test_undefined():
    said = summary("exists (0:r0=0)", Result("race", "two threads, one place"))
    assert "\nUndef\n" in said
    assert "Flag race: two threads, one place" in said


def test_a_bound_is_no_answer():
    verdict = verdict_of(read_text(SB + "exists (0:r0=5)", "sb.litmus"), "rc11", Result("bound", "cut at 200 events"))
    assert not verdict.judged
    assert not verdict.ok
    assert "\nUnknown\n" in verdict.summary()
    assert verdict.as_json()["observation"] == "Unknown"


def test_values_are_read_by_their_types():
    test = read_text(
        "C v\n{ int *p = &x; unsigned int u=0; }\nP0 (int* x, int** p, unsigned int* u) {\n"
        "  int r0 = *x;\n  int* r1 = *p;\n  unsigned int r2 = *u;\n}\n"
        "locations [0:r0; 0:r1; 0:r2; p;]\nexists (0:r1=x)\n",
        "v.litmus",
    )
    places = observed(test)
    assert places == (Register(0, "r0"), Register(0, "r1"), Register(0, "r2"), Location("p"))
    order = ("x", "p", "u")  # as the thread's parameters declare them
    number = order.index("x") + 1
    verdict: Verdict = verdict_of(test, "rc11", Result("ok", "", states=(State((2**64 - 1, number, 2**32 - 1, 0), 3),)))
    assert verdict.states[0].text() == "0:r0=-1; 0:r1=x; 0:r2=4294967295; [p]=0;"
    assert (verdict.positive, verdict.negative) == (3, 0)


def test_every_file_has_a_name_of_its_own():
    names = [test.name for test in corpus().values()]
    assert len(set(names)) == len(names) == len(FILES)
