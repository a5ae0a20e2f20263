"""What the program calls of the C and C++ libraries: small programs, each right and with -DBROKEN wrong.

Every program's first line says what it shows. The number of executions is that of the right one: n! for the orders of n
critical sections, and so on; the orders of wake-ups on a condition count, too.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from lockfree.check.build import build
from lockfree.check.runner import Options, run
from tests import needs

CALLS = Path(__file__).with_name("calls")
CHECKER = Path(__file__).resolve().parents[2] / "csrc" / "checker"


@dataclass(frozen=True)
class Call:
    name: str
    executions: int
    broken: str


TABLE = [
    Call("atomic_shared_ptr.cpp", 3, "race"),
    Call("atomic_wait.cpp", 55, "deadlock"),
    Call("barrier.c", 4, "deadlock"),
    Call("c11.c", 14, "deadlock"),
    Call("call_once.cpp", 4, "race"),
    Call("clock.c", 2, "assertion"),
    Call("condition_broadcast.c", 14, "deadlock"),
    Call("condition_destroyed.c", 2, "crash"),
    Call("condition_if.c", 68, "assertion"),
    Call("condition_lost.c", 2, "deadlock"),
    Call("condition_timed.c", 5, "assertion"),
    Call("condition_two_signals.c", 26, "deadlock"),
    Call("condition_variable.cpp", 14, "deadlock"),
    Call("condition_variable_timed.cpp", 5, "assertion"),
    Call("constructors.c", 2, "leak"),
    Call("exception.cpp", 2, "crash"),
    Call("futex.c", 159, "deadlock"),
    Call("future.cpp", 7, "deadlock"),
    Call("global.cpp", 2, "leak"),
    Call("key.c", 1, "leak"),
    Call("memory.c", 1, "use-after-free"),
    Call("mutex_destroyed.c", 1, "crash"),
    Call("mutex_kinds.c", 1, "deadlock"),
    Call("mutex_orders.c", 6, "race"),
    Call("mutex_owner.c", 1, "crash"),
    Call("mutex_timed.c", 4, "assertion"),
    Call("mutex_try.c", 4, "race"),
    Call("mutex_try_loop.c", 2, "livelock"),
    Call("mutex_two.c", 2, "deadlock"),
    Call("mutexes.cpp", 2, "race"),
    Call("new_delete.cpp", 1, "double-free"),
    Call("once.c", 12, "race"),
    Call("once_recursive.c", 4, "deadlock"),
    Call("replaced_new.cpp", 1, "leak"),
    Call("rwlock.c", 2, "race"),
    Call("rwlock_readers.c", 8, "deadlock"),
    Call("rwlock_try.c", 4, "race"),
    Call("semaphore.c", 1, "race"),
    Call("semaphore_two.c", 510, "assertion"),
    Call("shared_ptr.cpp", 2, "use-after-free"),
    Call("sixteen.c", 2, "race"),
    Call("spin.c", 2, "race"),
    Call("static_local.cpp", 4, "race"),
    Call("strings.c", 2, "race"),
    Call("thread.cpp", 1, "assertion"),
    Call("thread_local.c", 2, "race"),
    Call("thread_local_destructor.cpp", 6, "leak"),
    Call("thread_unjoined.cpp", 1, "crash"),
    Call("yields.c", 1, "livelock"),
]


def outcome(call, cache, *flags, **options):
    standard = ["-std=c++20"] if call.name.endswith(".cpp") else ["-std=gnu11"]
    return run(
        build([CALLS / call.name], flags=[*standard, *flags], cache=cache).library, Options(**options), timeout=60
    )


@pytest.mark.parametrize("call", TABLE, ids=lambda call: call.name)
def test_right_and_broken(call, kept):
    right, broken = outcome(call, kept), outcome(call, kept, "-DBROKEN")
    assert (right.verdict, right.executions, right.message) == ("ok", call.executions, right.message)
    assert (broken.verdict, broken.message) == (call.broken, broken.message)


@pytest.mark.parametrize("call", TABLE, ids=lambda call: call.name)
def test_the_optimiser_changes_no_verdict(call, kept):
    assert outcome(call, kept, "-O2").verdict == "ok"
    assert outcome(call, kept, "-O2", "-DBROKEN").verdict == call.broken


@needs.program("clang", package="clang")
@pytest.mark.parametrize("call", TABLE, ids=lambda call: call.name)
def test_clang_changes_no_verdict(call, kept, monkeypatch):
    monkeypatch.setenv("CC", "clang")
    monkeypatch.setenv("CXX", "clang++")
    right, broken = outcome(call, kept), outcome(call, kept, "-DBROKEN")
    assert (right.verdict, right.executions) == ("ok", call.executions)
    assert broken.verdict == call.broken


@pytest.mark.parametrize("model", ["sc", "tso"])
@pytest.mark.parametrize("call", TABLE, ids=lambda call: call.name)
def test_the_right_ones_are_right_under_stronger_models(call, model, kept):
    assert outcome(call, kept, model=model).verdict == "ok"


def test_every_program_is_in_the_table():
    assert sorted(call.name for call in TABLE) == sorted(p.name for p in CALLS.iterdir() if p.suffix in {".c", ".cpp"})


def test_a_random_search_finds_a_lost_call(kept):
    """The steered search wakes those who wait as the exhaustive one does."""
    call = next(call for call in TABLE if call.name == "condition_broadcast.c")
    assert outcome(call, kept, mode="random", executions=300).verdict == "bound"
    assert outcome(call, kept, "-DBROKEN", mode="random", executions=3000).verdict == "deadlock"
    assert outcome(call, kept, "-DBROKEN", mode="shortest", most=3).verdict == "deadlock"


WRAPPERS = re.compile(
    r"^(?:WRAP(?:_TRY)?\((?:[^,()]|\*)+,\s*|(?:NOTHING|REFUSED|NEW_BOTH|DELETE_BOTH|TIMED|CLOCKED)\()(\w+)",
    re.MULTILINE,
)


def test_what_is_wrapped_is_linked_so_and_what_is_linked_so_is_wrapped():
    defined = [name for path in CHECKER.glob("*.c") for name in WRAPPERS.findall(path.read_text()) if name != "name"]
    linked = [line.removeprefix("-Wl,--wrap=") for line in (CHECKER / "wrap.txt").read_text().split()]
    assert sorted(linked) == sorted(defined)
    assert len(linked) == len(set(linked)) > 200
