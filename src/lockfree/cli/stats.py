"""`lockfree stats DIR`: what a directory holds and has counted."""

import argparse
import json
import sys
import time
from typing import TYPE_CHECKING

from .arguments import add_directory
from .complaints import Complaints
from .table import size, table

if TYPE_CHECKING:
    from lockfree.collector.stats import DirectoryStats

__all__ = ["add", "run"]

_TERMS = ("offered", "accepted", "rejected", "torn", "delivered", "pending")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Its arguments."""
    command = commands.add_parser(
        "stats",
        help="processes, lanes, counters, segments, events by name",
        description="Show what a collector directory holds and has counted. Works while it is used; judges nothing.",
    )
    add_directory(command, "a collector's directory")
    command.add_argument("--json", action="store_true", help="one JSON object (with --watch: one a line)")
    command.add_argument(
        "--watch", nargs="?", type=_seconds, const=1.0, metavar="SECONDS", help="again and again (1 s)"
    )
    command.add_argument(
        "--no-events", action="store_true", help="don't count events by name, which reads all segments"
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Its work."""
    from lockfree.collector.stats import Watcher

    complaints = Complaints()
    watcher = Watcher(options.directory, complaints, events=not options.no_events)
    before: tuple[float, int] | None = None
    while True:
        stats = watcher.look()
        now = (time.monotonic(), stats.totals["accepted"])
        rate = None if before is None else (now[1] - before[1]) / (now[0] - before[0])
        before = now
        if options.watch is not None and not options.json and sys.stdout.isatty():
            print("\x1b[H\x1b[2J", end="")
        print(json.dumps(stats.as_json()) if options.json else _text(stats, rate), flush=True)
        if options.watch is None:
            return complaints.finish()
        time.sleep(options.watch)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0.01 <= seconds <= 86400:
        raise argparse.ArgumentTypeError(f"{text!r}: seconds between two looks, 0.01 to 86400")
    return seconds


def _text(stats: "DirectoryStats", rate: float | None) -> str:
    parts = []
    if stats.lanes:
        rows = [
            (
                lane.pid or f"{lane.process:016x}",
                "alive" if lane.alive else "dead",
                f"{lane.lane:016x}",
                f"{lane.fill:.0%}",
                lane.offered,
                lane.accepted,
                sum(lane.rejected.values()),
                lane.delivered,
                lane.pending,
            )
            for lane in sorted(stats.lanes, key=lambda lane: (lane.process, lane.lane))
        ]
        head = ("pid", "state", "lane", "fill", "offered", "accepted", "rejected", "delivered", "pending")
        parts.append(table(head, rows))
    if any(not alive for _, alive in stats.processes.values()):
        parts.append("dead processes left lanes behind: `lockfree recover DIR`, or the next open of it, delivers them")
    total = "total: " + ", ".join(f"{stats.totals[term]:,} {term}" for term in _TERMS)
    if stats.rejected:
        total += " (" + ", ".join(f"{count:,} {reason}" for reason, count in sorted(stats.rejected.items())) + ")"
    if rate is not None:
        total += f"; {rate:,.0f} events/s"
    if stats.retired:
        total += f"; {stats.retired:,} lanes retired"
    parts.append(total)
    segments = stats.segments
    growing = f", {segments.growing:,} being written" if segments.growing else ""
    parts.append(f"segments: {segments.files:,} files{growing}, {size(segments.bytes)}, {segments.events:,} events")
    if stats.events:
        rows_of_events = sorted(stats.events.items(), key=lambda item: (-item[1], item[0]))
        parts.append(table(("event", "count"), [(name or "(raw bytes)", count) for name, count in rows_of_events]))
    return "\n".join(parts)
