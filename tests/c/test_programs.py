"""Each tests/c/*.c is a program that ends with 0: plain with both compilers, and under the sanitizers.

ThreadSanitizer models no fences (gcc says so: -Wno-tsan). No suppression is needed: the fences decide only between
answers (strict FULL and EMPTY, is there a sleeper), and whatever is handed over goes through release and acquire.
"""

import pytest

from tests.c.conftest import ROOT, run

HERE = ROOT / "tests/c"
PROGRAMS = sorted(path for path in HERE.glob("*.c") if not path.stem.endswith("_bench"))  # those measure
ADDRESS = ["-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
THREAD = ["-O1", "-fsanitize=thread"]
QUICK = 0.1


def passes(program, tmp_path, scale, **env):
    result = run(program, tmp_path, scale, **env)
    assert result.returncode == 0, f"{program.name} ended with {result.returncode}\n{result.stderr}"


@pytest.fixture(params=PROGRAMS, ids=lambda path: path.stem)
def source(request):
    return request.param


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_plain(build, source, compiler, tmp_path):
    passes(build(source, compiler, "-O3"), tmp_path, QUICK)


def test_address_and_undefined_quick(build, source, tmp_path):
    passes(build(source, "gcc", *ADDRESS), tmp_path, QUICK)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_plain_at_full_length(build, source, compiler, tmp_path):
    passes(build(source, compiler, "-O3"), tmp_path, 1)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_address_and_undefined(build, source, compiler, tmp_path):
    passes(build(source, compiler, *ADDRESS), tmp_path, 0.5)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_thread(build, source, compiler, tmp_path):
    options = [*THREAD, "-Wno-tsan"] if compiler == "gcc" else THREAD
    passes(build(source, compiler, *options), tmp_path, 0.3, TSAN_OPTIONS="halt_on_error=1 die_after_fork=0")
