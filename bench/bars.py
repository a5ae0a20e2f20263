"""Measures the bars of the Python side: emit against deque.append and queue.Queue, and events into files.

python -m bench.bars [--rounds 80] [--end-to-end-rounds 30] [--save NAME]

Prints the table and, with --save, keeps every sample in bench/results/NAME.json. A figure taken beside other work is
worth nothing: the passport in the file says how loaded the machine was.
"""

from __future__ import annotations

import argparse
import json
import queue
import random
import subprocess
import sys
from collections import deque

import lockfree
from bench import events
from bench.machine import passport, save, steal_ticks
from bench.paired import Bar, Interval, Row, bootstrap_median, collect, paired_ratio, row, table
from bench.places import DISK, SHM, filesystem, folders

CALLS = 20_000  # of one timed loop: less than half of a lane's default length, so that no emit is refused
EVENTS = 1_000_000
# Where a process's stack and heap lie decides whether its loads seem to meet earlier stores (the same low twelve bits
# of their addresses): up to a fifth of a call's time, the same for the process's whole life, another in the next.
ROUNDS_OF_ONE_PROCESS = 5


def emit_samples(rounds: int, seed: int) -> dict[str, list[float]]:
    """Nanoseconds a call, one thread, 64-byte bytes; the drain works meanwhile, as it does in any application."""
    with folders() as (lanes, segments), lockfree.Collector(lanes, segments=segments) as collector:

        def emit() -> float:
            collector.flush()  # outside the clock: the loop finds an empty lane
            return events.call_often(collector.emit, CALLS) / CALLS * 1e9

        cases = {
            "emit": emit,
            "emit again": emit,
            "deque.append": lambda: events.call_often(deque[bytes]().append, CALLS) / CALLS * 1e9,
            "queue.Queue.put_nowait": lambda: events.call_often(queue.Queue[bytes]().put_nowait, CALLS) / CALLS * 1e9,
            "queue.SimpleQueue.put": lambda: events.call_often(queue.SimpleQueue[bytes]().put, CALLS) / CALLS * 1e9,
        }
        for case in cases.values():
            case()
        samples = collect(rounds, cases, seed)
        stats = collector.stats()
        if stats.accepted != CALLS * 2 * (rounds + 1):
            message = f"not every emit was accepted: {stats}"
            raise AssertionError(message)
    return samples


def emit_rows(rounds: int, seed: int) -> tuple[list[Row], dict[str, list[float]]]:
    """The rounds, a few in each of many processes."""
    samples: dict[str, list[float]] = {}
    for begun in range(0, rounds, ROUNDS_OF_ONE_PROCESS):
        few = min(ROUNDS_OF_ONE_PROCESS, rounds - begun)
        command = [sys.executable, "-m", "bench.bars", "--emit-samples", str(few), "--seed", str(seed + begun)]
        said = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
        for name, taken in json.loads(said).items():
            samples.setdefault(name, []).extend(taken)
    again = paired_ratio(samples["emit again"], samples["emit"])
    resolution = again.half_width

    def against(name: str, over: str, under: str, bar: Bar | None) -> Row:
        return row(name, paired_ratio(samples[over], samples[under]), bar, resolution)

    rows = [
        against("time of emit / deque.append", "emit", "deque.append", Bar(2.5, at_least=False)),
        against("speed of emit / queue.Queue.put_nowait", "queue.Queue.put_nowait", "emit", Bar(12)),
        against("speed of emit / queue.SimpleQueue.put", "queue.SimpleQueue.put", "emit", None),
        row("A/A: emit / emit", again),
    ]
    rows += [row(f"ns a call: {name}", bootstrap_median(taken)) for name, taken in samples.items()]
    return rows, samples


def end_to_end_rows(rounds: int, seed: int) -> tuple[list[Row], dict[str, list[float]]]:
    """Millions of events a second from one Python thread into files on a disk."""
    cases = {
        "collector": lambda: EVENTS / events.through_collector(EVENTS) / 1e6,
        "collector again": lambda: EVENTS / events.through_collector(EVENTS) / 1e6,
        "deque, same records": lambda: EVENTS / events.through_deque_records(EVENTS) / 1e6,
        "deque, payloads alone": lambda: EVENTS / events.through_deque_payloads(EVENTS) / 1e6,
    }
    for case in cases.values():
        case()
    samples = collect(rounds, cases, seed)
    again = paired_ratio(samples["collector again"], samples["collector"])
    speed = bootstrap_median(samples["collector"])
    own = Interval(speed.median, speed.low, speed.high)
    rows = [
        row("end to end, million events/s", own, Bar(4), again.half_width * 4),
        row(
            "end to end / deque writing the same records",
            paired_ratio(samples["collector"], samples["deque, same records"]),
            Bar(4),
            again.half_width,
        ),
        row(
            "end to end / deque writing payloads alone",
            paired_ratio(samples["collector"], samples["deque, payloads alone"]),
        ),
        row("A/A: end to end / end to end", again),
    ]
    rows += [row(f"million events/s: {name}", bootstrap_median(taken)) for name, taken in samples.items()]
    return rows, samples


def main() -> None:
    """See the head of the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=80, help="of the emit loops; 0: none")
    parser.add_argument("--end-to-end-rounds", type=int, default=30, help="0: none")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32), help="of the order")
    parser.add_argument("--save", metavar="NAME", help="keep it as bench/results/NAME.json")
    parser.add_argument("--emit-samples", metavar="ROUNDS", type=int, help=argparse.SUPPRESS)  # of one process
    arguments = parser.parse_args()
    if arguments.emit_samples:
        print(json.dumps(emit_samples(arguments.emit_samples, arguments.seed)))
        return
    machine = passport() | {"lanes on": filesystem(SHM), "segments on": filesystem(DISK)}
    before = steal_ticks()
    rows: list[Row] = []
    samples: dict[str, list[float]] = {}
    for measure, rounds in ((emit_rows, arguments.rounds), (end_to_end_rows, arguments.end_to_end_rounds)):
        if rounds:
            more, taken = measure(rounds, arguments.seed)
            rows += more
            samples |= taken
    machine["steal_ticks"] = steal_ticks() - before
    print(table(rows))
    print(f"\nload {machine['load']:.2f} at the start, {machine['steal_ticks']} ticks stolen")
    if arguments.save:
        settings = vars(arguments) | {"calls": CALLS, "events": EVENTS, "payload_bytes": len(events.PAYLOAD)}
        content = {
            "machine": machine,
            "settings": {name: value for name, value in settings.items() if name != "emit_samples"},
            "rows": [line.as_json() for line in rows],
            "samples": samples,
        }
        print(f"kept in {save(arguments.save, content)}")


if __name__ == "__main__":
    main()
