"""`lockfree ingest FILE --to DIR`: the lines of a file through a collector."""

import argparse
import contextlib
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from .lines import LongLine, lines_of
from .progress import Progress

if TYPE_CHECKING:
    from lockfree.collector.collector import Collector

__all__ = ["add", "run"]

_EPILOG = """\
Each line becomes one raw event: its bytes as they are, without the newline (\\n) that ends it. Carriage returns, NUL
bytes, empty lines and text in any encoding are kept; the last line needs no newline. When the lane is full, reading
waits (overflow="block"). A line longer than the longest record is left out, and said with its number.
`lockfree cat DIR` prints the lines again.
"""
_LONGEST_RECORD = 0xFFFFFF
_BLOCK_SECONDS = 5.0
_CLOSE_SECONDS = 1.0


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Its arguments."""
    command = commands.add_parser(
        "ingest",
        help="put each line of a file into a collector directory as an event",
        description="Replay a file of lines through the collector.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("file", metavar="FILE", help="a file of lines; - reads standard input")
    command.add_argument(
        "--to", metavar="DIR", type=Path, required=True, help="a collector's directory; made if missing"
    )
    command.add_argument("--format", choices=("binary", "ndjson"), default="binary", help="of the segments (binary)")
    command.add_argument(
        "--lane",
        type=_lane_bytes,
        default="4MiB",
        metavar="SIZE",
        help="of the lane; a line takes half of it at most (4MiB)",
    )
    command.add_argument("--quiet", action="store_true", help="no progress bar, no summary")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Its work."""
    if options.file == "-":
        return _replay(sys.stdin.buffer, None, options)
    with Path(options.file).open("rb") as stream:
        status = os.fstat(stream.fileno())
        return _replay(stream, status.st_size if stat.S_ISREG(status.st_mode) else None, options)


def _replay(stream: BinaryIO, total: int | None, options: argparse.Namespace) -> int:
    from lockfree.collector.collector import Collector

    longest = min(options.lane // 2 - 8, _LONGEST_RECORD) - 16
    number = left_out = 0
    collector = Collector(
        options.to, overflow="block", format=options.format, lane_bytes=options.lane, block_timeout=_BLOCK_SECONDS
    )
    try:
        with Progress(total, quiet=options.quiet) as progress:
            for lines, position in lines_of(stream, longest):
                for line in lines:
                    number += 1
                    if isinstance(line, LongLine):
                        left_out += 1
                        _complain(f"line {number} has {line.nbytes:,} bytes, the longest record {longest:,}: left out")
                    elif not collector.emit(line):
                        _wait(collector, line, number)
                progress.update(position, number)
            progress.finish(number)
        collector.close()
    except BaseException:
        # What has been accepted stays in the lane if the disk takes it no more; the next open delivers it.
        with contextlib.suppress(OSError):
            collector.close(_CLOSE_SECONDS)
        raise
    if not options.quiet:
        print(f"{number - left_out:,} lines are events in {options.to}", file=sys.stderr)
    if left_out:
        _complain(f"{left_out:,} lines were left out; a larger --lane makes room for longer lines")
    return 1 if left_out else 0


def _wait(collector: "Collector", line: bytes, number: int) -> None:
    """Go on while the drain is only slow; stop where it says what keeps it from writing."""
    while True:
        trouble = collector.trouble()
        if trouble:
            raise OSError(f"stopped before line {number}: {trouble}")
        if collector.emit(line):
            return


def _lane_bytes(text: str) -> int:
    from lockfree.collector.sizes import parse_size

    try:
        nbytes = parse_size(text, "--lane")
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if not 1 << 16 <= nbytes <= 1 << 25:
        raise argparse.ArgumentTypeError(f"{text}: a lane for lines has 64KiB to 32MiB")
    return 1 << (nbytes - 1).bit_length()


def _complain(text: str) -> None:
    print(f"lockfree: {text}", file=sys.stderr)
