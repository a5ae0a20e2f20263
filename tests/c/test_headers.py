"""Each public header compiles by itself, without a warning, in every language and with every compiler promised."""

import pytest

from tests.c.conftest import ROOT, compile_c

INCLUDE = ROOT / "csrc/include"
HEADERS = sorted(path.relative_to(INCLUDE) for path in (INCLUDE / "lockfree").glob("*.h"))
LANGUAGES = [
    ("gcc", "gnu11"),
    ("gcc", "c11"),
    ("clang", "gnu11"),
    ("clang", "c11"),
    ("g++", "c++17"),
    ("clang++", "c++17"),
]


@pytest.mark.parametrize(("compiler", "standard"), LANGUAGES, ids=lambda value: value)
@pytest.mark.parametrize("header", HEADERS, ids=lambda path: path.stem)
def test_header_alone(tmp_path, header, compiler, standard):
    unit = tmp_path / ("unit.cpp" if "++" in standard else "unit.c")
    unit.write_text(f"#include <{header}>\n#include <{header}>\nint main(void) {{ return 0; }}\n")
    compile_c(compiler, f"-std={standard}", f"-I{INCLUDE}", unit, "-o", tmp_path / "unit")


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("program", ["spsc_ring", "spsc_bytes"])
def test_no_warning_in_a_users_program_at_full_optimisation(tmp_path, program, compiler):
    unit = ROOT / f"tests/c/{program}.c"
    compile_c(compiler, "-std=gnu11", "-O3", f"-I{INCLUDE}", "-c", unit, "-o", tmp_path / "unit.o")
