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


def compile_c(compiler: str, *arguments: str | Path, cwd: Path | None = None) -> None:
    """Runs the compiler; a warning is a failure that shows what it said."""
    command = [needs.require(compiler, package=PACKAGE[compiler]), *WARNINGS, *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    assert result.returncode == 0, f"{' '.join(command)}\n{result.stderr}"


@pytest.fixture(scope="session")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, tuple[str, ...]], list[Path]]:
    """The collector's object files, compiled once for each compiler and set of options."""
    made: dict[tuple[str, ...], list[Path]] = {}

    def objects(compiler: str, flags: tuple[str, ...]) -> list[Path]:
        if (compiler, *flags) not in made:
            folder = tmp_path_factory.mktemp("collector")
            compile_c(compiler, *flags, "-c", *sorted((ROOT / "csrc/collector").glob("*.c")), cwd=folder)
            made[compiler, *flags] = sorted(folder.glob("*.o"))
        return made[compiler, *flags]

    return objects


@pytest.fixture
def build(tmp_path: Path, collector: Callable[[str, tuple[str, ...]], list[Path]]) -> Build:
    def build(source: Path, compiler: str, *options: str, include: Path = ROOT / "csrc/include") -> Path:
        program = tmp_path / f"{source.stem}-{compiler}"
        folders = (f"-I{include}", f"-I{source.parent}", f"-I{ROOT / 'csrc/collector'}")
        flags = ("-std=gnu11", "-g", "-pthread", *folders, *options)
        objects = collector(compiler, flags) if source.stem.startswith("collector") else []
        compile_c(compiler, *flags, source, *objects, "-o", program)
        return program

    return build


def run(program: Path, cwd: Path, scale: float, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs a test program for `scale` of its full length."""
    variables = {"PATH": "/usr/bin:/bin", "TMPDIR": str(cwd), "LF_TEST_SCALE": str(scale)} | env
    return subprocess.run([program], cwd=cwd, env=variables, capture_output=True, text=True, check=False)
