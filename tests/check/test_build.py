"""Objects for the checker: what is compiled, what is kept, what the compiler says."""

import shutil
import subprocess

import pytest

from lockfree.check import build as building
from lockfree.check.build import BuildError, CheckerMissingError, build, include_folders
from tests import needs

PROGRAM = """
#include <lockfree/check.h>
#include <stdatomic.h>
#include "number.h"
atomic_int x;
volatile int v;
static void *store(void *none) { atomic_store_explicit(&x, NUMBER, memory_order_release); return none; }
int main(void) { lf_join(lf_spawn(store, NULL)); v = 1; LF_OBSERVE(x); return 0; }
"""


@pytest.fixture
def checker(tmp_path, monkeypatch):
    """A folder in place of lockfree/_checker: building needs the list of wrapped functions and no runner."""
    folder = tmp_path / "checker"
    folder.mkdir()
    (folder / "wrap.txt").write_text("-Wl,--wrap=pthread_create\n-Wl,--wrap=pthread_join\n")
    monkeypatch.setenv("LOCKFREE_CHECKER", str(folder))
    monkeypatch.setenv("LOCKFREE_CACHE", str(tmp_path / "cache"))
    return folder


@pytest.fixture
def program(tmp_path, checker):
    (tmp_path / "number.h").write_text("#define NUMBER 1\n")
    path = tmp_path / "program.c"
    path.write_text(PROGRAM)
    return path


def undefined(library):
    listed = subprocess.run(["nm", "-D", "--undefined-only", library], capture_output=True, text=True, check=True)
    return {line.split()[-1].partition("@")[0] for line in listed.stdout.splitlines()}


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_every_access_goes_through_the_runner(program, monkeypatch, compiler):
    needs.require(compiler, package=compiler)
    monkeypatch.setenv("CC", compiler)
    names = undefined(build([program]).library)
    assert {"__tsan_atomic32_store", "__tsan_atomic32_load", "__wrap_pthread_create", "__wrap_pthread_join"} <= names
    assert names & {"__tsan_volatile_write4", "__tsan_unaligned_volatile_write4"}
    assert not {"pthread_create", "pthread_join", "__tsan_func_entry"} & names


def test_unchanged_text_is_not_compiled_again(program, tmp_path):
    first = build([program])
    assert not first.cached
    assert build([program]) == building.Built(first.library, (program,), "", cached=True)
    (tmp_path / "number.h").write_text("#define NUMBER 2\n")
    assert build([program]).library != first.library
    (tmp_path / "number.h").write_text("#define NUMBER 1\n")
    assert build([program]).library == first.library
    assert build([program], flags=["-O1"]).library != first.library


def test_another_list_of_wrapped_functions_links_again(program, checker):
    first = build([program])
    (checker / "wrap.txt").write_text("-Wl,--wrap=pthread_create\n")
    again = build([program])
    assert again.library != first.library
    assert "pthread_join" in undefined(again.library)


def test_a_lost_part_of_the_cache_is_made_again(program):
    first = build([program])
    for path in building.cache_folder().iterdir():
        path.unlink()
    assert build([program]).library == first.library
    assert first.library.is_file()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("int main(void) { return y; }", "wrong.c:1:25: error"),
        ("#error seeded", "wrong.c:1:2: error: #error seeded"),
        ('#include "nowhere.h"', "wrong.c:1:10: fatal error"),
    ],
)
def test_what_does_not_compile_is_told_in_the_compilers_words(tmp_path, checker, text, message):
    path = tmp_path / "wrong.c"
    path.write_text(text)
    with pytest.raises(BuildError, match="error") as raised:
        build([path])
    assert message in str(raised.value)
    assert not [file for file in building.cache_folder().iterdir() if file.suffix == ".so"]


def test_a_missing_file_is_named(checker, tmp_path):
    with pytest.raises(BuildError, match=r"nowhere\.c: no such file"):
        build([tmp_path / "nowhere.c"])


def test_warnings_are_kept_with_the_object(program):
    program.write_text(PROGRAM + '\n#warning "seeded"\n')
    first = build([program])
    again = build([program])
    assert "seeded" in first.said
    assert (again.said, again.cached) == (first.said, True)


def test_cxx_is_known_by_its_suffix_or_said(tmp_path, checker):
    text = "#include <atomic>\nstd::atomic<int> x;\nint main() { x.store(1); }\n"
    for name, said in (("program.cpp", None), ("program.inc", True)):
        path = tmp_path / name
        path.write_text(text)
        flags = ["-x", "c++"] if said else []
        assert "__tsan_atomic32_store" in undefined(build([path], cxx=said, flags=flags).library)


def test_no_checker_and_no_compiler_are_told(program, checker, monkeypatch, tmp_path):
    monkeypatch.setenv("LOCKFREE_CHECKER", str(tmp_path / "nowhere"))
    with pytest.raises(CheckerMissingError, match="LOCKFREE_CHECKER must name"):
        build([program])
    monkeypatch.setenv("LOCKFREE_CHECKER", str(checker))
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(CheckerMissingError, match="build-essential"):
        build([program])


def test_both_public_headers_are_on_the_include_path():
    for header in ("base.h", "check.h"):
        assert any((folder / "lockfree" / header).is_file() for folder in include_folders())
