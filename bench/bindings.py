"""Per-item calls through `_core` beside the same calls through cffi: what `_core` is kept for (2 x, or it goes).

python -m bench.bindings [--rounds 40] [--save NAME]

The binding is chosen at import, so each has a process of its own; the parent asks them in turn, in random order.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from itertools import repeat

from bench.machine import passport, save
from bench.paired import Bar, bootstrap_median, collect, paired_ratio, row, table

CALLS = 4096
CASES = (
    "SpscRing.put_nowait",
    "SpscRing.get_nowait",
    "SpscRing.try_put",
    "SpscRing.try_get",
    "SpscRing.qsize",
    "SpscBytes.put_nowait",
    "SpscBytes.get_nowait",
    "SpscBytes.try_put",
    "SpscBytes.try_get",
    "Collector.emit",
    "Collector.event()",
)


@dataclasses.dataclass
class Click:
    uid: str
    item: int
    price: float


def nanoseconds(call: Callable[..., object], *arguments: object) -> float:
    """Of one of CALLS calls, loop included."""
    begin = time.perf_counter()
    for _ in repeat(None, CALLS):
        call(*arguments)
    return (time.perf_counter() - begin) / CALLS * 1e9


def worker() -> None:
    """Answers each case named on stdin with its nanoseconds a call."""
    import lockfree
    from bench.places import folders

    with ExitStack() as stack:
        lanes, segments = stack.enter_context(folders())
        collector = stack.enter_context(lockfree.Collector(lanes, segments=segments))
        click = collector.event(Click)
        for line in sys.stdin:
            kind, _, method = line.strip().partition(".")
            if kind == "Collector":
                collector.flush()
                taken = (
                    nanoseconds(collector.emit, bytes(64)) if method == "emit" else nanoseconds(click, "u1", 42, 9.5)
                )
            else:
                ring = kind == "SpscRing"
                queue = lockfree.SpscRing(CALLS, "i8") if ring else lockfree.SpscBytes(CALLS * 128)
                item = 123456 if ring else bytes(64)
                if "get" in method:
                    for _ in repeat(None, CALLS):
                        queue.put(item)
                taken = nanoseconds(getattr(queue, method), *((item,) if "put" in method else ()))
                left = queue.qsize()
                if ("put" in method and left == 0) or ("get" in method and left != 0):
                    message = f"{line.strip()}: {left} left"
                    raise AssertionError(message)
            print(taken, flush=True)


def start(binding: str) -> subprocess.Popen[str]:
    """A worker on that binding."""
    return subprocess.Popen(
        [sys.executable, "-m", "bench.bindings", "--worker"],
        env=os.environ | {"LOCKFREE_BINDING": binding},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def ask(process: subprocess.Popen[str], case: str) -> float:
    """One round of one case."""
    assert process.stdin
    assert process.stdout
    process.stdin.write(case + "\n")
    process.stdin.flush()
    return float(process.stdout.readline())


def main() -> None:
    """See the head of the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32), help="of the order")
    parser.add_argument("--save", metavar="NAME", help="keep it as bench/results/NAME.json")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        worker()
        return
    machine = passport()
    rows = []
    samples: dict[str, list[float]] = {}
    with start("core") as core, start("cffi") as cffi:
        for case in CASES:
            processes = {"core": core, "core again": core, "cffi": cffi}
            calls = {name: lambda process=process, case=case: ask(process, case) for name, process in processes.items()}
            for call in calls.values():
                call()
            taken = collect(arguments.rounds, calls, arguments.seed)
            again = paired_ratio(taken["core again"], taken["core"])
            rows.append(
                row(f"{case}: _core / cffi", paired_ratio(taken["cffi"], taken["core"]), Bar(2), again.half_width)
            )
            rows.append(row(f"ns a call: {case}, _core", bootstrap_median(taken["core"])))
            samples |= {f"{case}, {name}": values for name, values in taken.items()}
        for process in (core, cffi):
            assert process.stdin
            process.stdin.close()
    print(table(rows))
    if arguments.save:
        content = {"machine": machine, "settings": vars(arguments) | {"calls": CALLS}}
        content |= {"rows": [line.as_json() for line in rows], "samples": samples}
        print(f"kept in {save(arguments.save, content)}")


if __name__ == "__main__":
    main()
