"""`lockfree recover DIR`: deliver what dead processes left in their lanes."""

import argparse

from .arguments import add_directory
from .complaints import Complaints

__all__ = ["add", "run"]


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Its arguments."""
    command = commands.add_parser(
        "recover",
        help="deliver what dead processes left in their lanes",
        description="Adopt the lanes of dead processes: their events go into segments, their counters into the ledger. "
        "The next process that opens the directory does the same by itself. Live processes are left alone.",
    )
    add_directory(command, "a collector's directory")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Its work."""
    from lockfree.collector.collector import Collector
    from lockfree.collector.stats import DirectoryStats, Watcher

    complaints = Complaints()
    watcher = Watcher(options.directory, complaints, events=False)

    def left(stats: DirectoryStats) -> dict[int, int]:
        return {lane.lane: lane.pending for lane in stats.lanes if not lane.alive}

    before = watcher.look()
    Collector(options.directory).close()
    after = watcher.look()
    adopted = left(before).keys() - left(after).keys()
    events = sum(left(before)[lane] for lane in adopted)
    print(f"{len(adopted)} lanes of dead processes adopted, {events:,} events delivered")
    alive = sum(alive for _, alive in after.processes.values())
    if alive:
        print(f"{alive} live processes left alone")
    if left(after):
        print(f"{len(left(after))} lanes could not be adopted: run `lockfree audit {options.directory}`")
        return 1
    return complaints.code
