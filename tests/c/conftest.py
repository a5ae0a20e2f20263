"""Compiles and runs the C tests: `build(source, compiler, options)` gives the program, `run(program)` its output."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import needs

ROOT = Path(__file__).resolve().parents[2]
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
PACKAGE = {"gcc": "gcc", "g++": "g++", "clang": "clang", "clang++": "clang"}

Build = Callable[..., Path]


def compile_c(compiler: str, *arguments: str | Path) -> None:
    """Runs the compiler; a warning is a failure that shows what it said."""
    command = [needs.require(compiler, package=PACKAGE[compiler]), *WARNINGS, *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{' '.join(command)}\n{result.stderr}"


@pytest.fixture
def build(tmp_path: Path) -> Build:
    def build(source: Path, compiler: str, *options: str, include: Path = ROOT / "csrc/include") -> Path:
        program = tmp_path / f"{source.stem}-{compiler}"
        collector = sorted((ROOT / "csrc/collector").glob("*.c")) if source.stem.startswith("collector") else []
        flags = ["-std=gnu11", "-g", "-pthread", f"-I{include}", f"-I{source.parent}", f"-I{ROOT / 'csrc/collector'}"]
        compile_c(compiler, *flags, *options, source, *collector, "-o", program)
        return program

    return build


def run(program: Path, cwd: Path, scale: float, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs a test program for `scale` of its full length."""
    variables = {"PATH": "/usr/bin:/bin", "TMPDIR": str(cwd), "LF_TEST_SCALE": str(scale)} | env
    return subprocess.run([program], cwd=cwd, env=variables, capture_output=True, text=True, check=False)
