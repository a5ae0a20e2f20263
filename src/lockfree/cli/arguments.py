"""Arguments that several commands have."""

import argparse
import re
import time
from datetime import datetime
from pathlib import Path

__all__ = ["add_directory", "moment"]

_AGO = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")
_UNIT_NS = {"ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9, "d": 86400 * 10**9}
_DECIMAL = re.compile(r"(\d{1,12})(?:\.(\d+))?")


def add_directory(command: argparse.ArgumentParser, what: str) -> None:
    """The positional DIR."""
    command.add_argument("directory", metavar="DIR", type=Path, help=what)


def moment(text: str) -> int:
    """A moment on the command line as ns since 1970: `5m` (ago), seconds since 1970, or a date and time."""
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return time.time_ns() - int(float(ago[1]) * _UNIT_NS[ago[2]])
    seconds = _DECIMAL.fullmatch(text)
    if seconds is not None:
        return int(seconds[1]) * 10**9 + int((seconds[2] or "").ljust(9, "0")[:9])
    if re.fullmatch(r"\d{13,19}", text):
        raise argparse.ArgumentTypeError(f"{text} is too large for seconds since 1970; divide it")
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no moment: write 90s, 5m, 2h or 1d (ago), seconds since 1970, or 2026-01-31T12:00"
        ) from None
    from lockfree.collector.moments import moment_ns

    return moment_ns(found) or 0
