"""Compiles spsc.cpp, runs it, prints the table and writes results/native_spsc.json.

python -m bench.native.run [--rounds 40] [--items 4000000] [--cpus 0,1] [--save NAME]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.machine import passport, save, steal_ticks
from bench.paired import Bar, Row, bootstrap_median, paired_ratio, row, table

HERE = Path(__file__).resolve().parent

# What the shipped build uses: meson's buildtype=release.
FLAGS = ("-std=c++17", "-O3", "-DNDEBUG", "-pthread")
CASES = ("ours", "ours_again", "textbook", "boost", "ours_batch", "boost_batch", "limit")


def compile_to(binary: Path, compiler: str) -> None:
    """Our ring and its rivals in one binary, with one compiler and one set of flags."""
    include = HERE.parents[1] / "csrc" / "include"
    command = [compiler, *FLAGS, f"-I{include}", str(HERE / "spsc.cpp"), "-o", str(binary)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(
            f"{done.stderr}\nspsc.cpp does not compile: it needs a C++17 compiler and Boost (apt install libboost-dev)"
        )


def measure(arguments: argparse.Namespace, seed: int) -> list[dict[str, Any]]:
    """Every timed run but the warm-up. Ends at once if one of them lost, doubled or reordered an item."""
    with tempfile.TemporaryDirectory() as scratch:
        binary = Path(scratch) / "spsc"
        compile_to(binary, arguments.compiler)
        numbers = (arguments.rounds, arguments.items, seed, *arguments.cpus.split(","))
        lines = subprocess.run([binary, *map(str, numbers)], capture_output=True, text=True, check=True).stdout
    runs = [json.loads(line) for line in lines.splitlines()]
    wrong = [run for run in runs if run["wrong"]]
    if wrong:
        sys.exit(f"not exactly once, in order: {wrong[0]}")
    return [run for run in runs if run["round"] >= 0]


def report(runs: list[dict[str, Any]]) -> tuple[list[Row], dict[str, list[float]]]:
    """The rows with their bars, and the raw nanoseconds per item by round."""
    by_case = {name: [run["ns"] / run["items"] for run in runs if run["case"] == name] for name in CASES}
    again = paired_ratio(by_case["ours_again"], by_case["ours"])
    resolution = again.half_width

    def speed(name: str, us: str, rival: str, bar: Bar | None) -> Row:
        return row(name, paired_ratio(by_case[rival], by_case[us]), bar, resolution)

    rows = [
        speed("per item: spsc_ring / boost spsc_queue", "ours", "boost", Bar(1.0)),
        speed("per item: spsc_ring / textbook cached-index ring", "ours", "textbook", Bar(1.0)),
        speed("spsc_ring: batch 32 / per item", "ours_batch", "ours", Bar(3.0)),
        speed("batch 32: spsc_ring / boost spsc_queue", "ours_batch", "boost_batch", None),
        row("A/A: spsc_ring / spsc_ring", again),
        row("efficiency, per item: speed / the machine's limit", paired_ratio(by_case["limit"], by_case["ours"])),
        row("efficiency, batch 32: speed / the machine's limit", paired_ratio(by_case["limit"], by_case["ours_batch"])),
    ]
    rows += [row(f"ns per item: {name}", bootstrap_median(samples)) for name, samples in by_case.items()]
    return rows, by_case


def main() -> None:
    """See the head of the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40, help="each measures every case once")
    parser.add_argument("--items", type=int, default=4_000_000, help="in one timed run of one case")
    parser.add_argument("--cpus", default="0,1", help="the producer's and the consumer's")
    parser.add_argument("--compiler", default=os.environ.get("CXX") or shutil.which("g++") or "c++")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32), help="of the order")
    parser.add_argument("--save", metavar="NAME", help="keep it as results/NAME.json")
    arguments = parser.parse_args()
    machine = passport(arguments.compiler)
    before = steal_ticks()
    runs = measure(arguments, arguments.seed)
    rows, by_case = report(runs)
    preempted = sum(run["preempted"] > 0 for run in runs)
    print(table(rows))
    print(
        f"\n{arguments.rounds} rounds; {preempted} of {len(runs)} runs preempted, {steal_ticks() - before} ticks stolen"
    )
    if arguments.save:
        content = {
            "machine": machine,
            "settings": {"rounds": arguments.rounds, "items": arguments.items, "capacity": 1024, "cpus": arguments.cpus,
                         "flags": FLAGS, "seed": arguments.seed},
            "rows": [line.as_json() for line in rows],
            "ns_per_item": by_case,
            "runs": runs,
        }  # fmt: skip
        print(f"kept in {save(arguments.save, content)}")


if __name__ == "__main__":
    main()
