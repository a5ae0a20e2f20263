"""Runs small programs in fresh interpreters: what happens at exit cannot be seen from inside."""

import subprocess
import sys
import textwrap


def run(program: str, *arguments, code: int | None = 0, seconds: float = 30) -> subprocess.CompletedProcess:
    """Runs `program` (sys.argv[1:] = arguments) and asserts its exit code (None: any)."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert code is None or done.returncode == code, done.stdout + done.stderr
    return done
