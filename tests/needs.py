"""What a test needs from Debian: skipped with the remedy where it is missing, failed where LOCKFREE_CI=1.

    @needs.program("wrk", package="wrk")            # a decorator, also in `pytestmark = [...]`
    def test_load(): ...

    wrk = needs.require("wrk", package="wrk")       # inside a test or fixture: the program's path

Packages stand in tests/debian.txt, which `make test-deps` installs.
"""

import os
import shutil
from pathlib import Path

import pytest

PREFIX = "not installed: "
DEBIAN = Path(__file__).with_name("debian.txt")


def packages() -> list[str]:
    """The Debian packages that `make test-deps` installs."""
    lines = (line.partition("#")[0].strip() for line in DEBIAN.read_text().splitlines())
    return [line for line in lines if line]


def program(name: str, package: str) -> pytest.MarkDecorator:
    """Marks a test that runs `name`, which Debian's `package` brings."""
    if package not in packages():
        raise ValueError(f"add {package} to tests/debian.txt, so that `make test-deps` installs it")
    return pytest.mark.needs_program(name, package=package)


def missing(what: str, package: str) -> None:
    """Skips the running test with the remedy, or fails it in CI."""
    message = f"{PREFIX}{what} (Debian package {package}); install with: make test-deps"
    if os.environ.get("LOCKFREE_CI") == "1":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def require(name: str, package: str) -> str:
    """The path of program `name`; skips (in CI: fails) the running test where it is missing."""
    program(name, package)
    path = shutil.which(name)
    if path is None:
        missing(name, package)
    return str(path)


def file(path: str, package: str) -> str:
    """`path`, e.g. a header outside the compiler's reach of `which`; skips (in CI: fails) where it is missing."""
    program(path, package)
    if not Path(path).exists():
        missing(path, package)
    return path
