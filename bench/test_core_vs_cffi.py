"""Each per-item call of `_core` beside its twin over cffi: `_core` keeps a call only if it is at least twice as fast.

    pytest bench/test_core_vs_cffi.py --benchmark-only      a group for each call
    python -m bench.test_core_vs_cffi --save core_vs_cffi   the bars, into results/core_vs_cffi.json

One thread; a burst goes in, then comes out, and every timed run compares the two. The two bindings' queues are the
public classes of the package, over one binding and over the other.
"""

from __future__ import annotations

import argparse
import time
from itertools import repeat
from typing import TYPE_CHECKING

import pytest

from bench.machine import passport, save
from bench.paired import Bar, collect, paired_ratio, row, table
from tests.contract.specs import BINDINGS, queues_over

if TYPE_CHECKING:
    from collections.abc import Callable

BURST = 256
BAR = Bar(2.0)
TWIN = pytest.mark.skipif("cffi" not in BINDINGS, reason="no cffi for this Python")

QUEUES = {
    "SpscRing[i8]": (lambda queues: queues.SpscRing(BURST, "i8"), list(range(BURST))),
    "SpscRing[f8]": (lambda queues: queues.SpscRing(BURST, "f8"), [float(i) for i in range(BURST)]),
    "SpscRing[64 bytes]": (lambda queues: queues.SpscRing(BURST, itemsize=64), [bytes([i] * 64) for i in range(BURST)]),
    "SpscBytes[64 bytes]": (lambda queues: queues.SpscBytes(1 << 16), [bytes([i] * 64) for i in range(BURST)]),
}
PAIRS = {"try": ("try_put", "try_get"), "nowait": ("put_nowait", "get_nowait"), "plain": ("put", "get")}
LOOKS = ("qsize",)


def bursts(put: Callable[[object], object], get: Callable[[], object], items: list[object], times: int) -> None:
    """In, then out, and the same."""
    for _ in repeat(None, times):
        for item in items:
            put(item)
        if [get() for _ in repeat(None, len(items))] != items:
            raise AssertionError("not exactly once, in order")


def puts(ring: object, call: str, items: list[object]) -> float:
    """Seconds an item for `call` alone, the ring emptied outside the clock."""
    put = getattr(ring, call)
    start = time.perf_counter()
    for item in items:
        put(item)
    taken = time.perf_counter() - start
    if ring.drain() != items:
        raise AssertionError("not exactly once, in order")
    return taken / len(items)


def gets(ring: object, call: str, items: list[object]) -> float:
    """Seconds an item for `call` alone, the ring filled outside the clock."""
    get = getattr(ring, call)
    ring.put_many(items)
    start = time.perf_counter()
    got = [get() for _ in repeat(None, len(items))]
    taken = time.perf_counter() - start
    if got != items:
        raise AssertionError("not exactly once, in order")
    return taken / len(items)


def looks(ring: object, call: str, items: list[object]) -> float:
    """Seconds a call."""
    look = getattr(ring, call)
    start = time.perf_counter()
    for _ in items:
        look()
    return (time.perf_counter() - start) / len(items)


def cases() -> dict[str, Callable[[], float]]:
    """Each call of each queue over each binding, and one of them twice (A/A)."""
    found: dict[str, Callable[[], float]] = {}
    for queue, (build, items) in QUEUES.items():
        for binding in BINDINGS:
            ring = build(queues_over(binding))
            calls = [(puts, put) for put, _ in PAIRS.values()] + [(gets, get) for _, get in PAIRS.values()]
            for kind, call in [*calls, *((looks, call) for call in LOOKS)]:
                found[f"{queue}.{call} {binding}"] = lambda kind=kind, ring=ring, call=call, items=items: min(
                    kind(ring, call, items) for _ in range(3)
                )
    twin = "SpscRing[i8].try_put cffi"
    found["A/A"] = found[twin]
    return found


@TWIN
@pytest.mark.parametrize("binding", BINDINGS)
@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("queue", QUEUES)
def test_put_and_get(benchmark, queue, pair, binding):
    build, items = QUEUES[queue]
    ring = build(queues_over(binding))
    put, get = (getattr(ring, call) for call in PAIRS[pair])
    benchmark.group = f"{queue}: {' and '.join(PAIRS[pair])}, bursts of {BURST}"
    benchmark.extra_info["items"] = BURST
    benchmark.pedantic(bursts, args=(put, get, items, 1), rounds=40, warmup_rounds=2)


def main() -> None:
    """Measures the bars, prints them, and keeps them where --save says."""
    parser = argparse.ArgumentParser(description="Each per-item call of _core beside its twin over cffi.")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", metavar="NAME", help="into bench/results/NAME.json")
    options = parser.parse_args()
    start = passport()
    samples = collect(options.rounds, cases(), options.seed)
    same = paired_ratio(samples["A/A"], samples["SpscRing[i8].try_put cffi"])
    rows = []
    for name in samples:
        if not name.endswith(" core"):
            continue
        call = name.removesuffix(" core")
        ratio = paired_ratio(samples[f"{call} cffi"], samples[name])
        rows.append(row(f"{call}: cffi / core", ratio, BAR, same.half_width * BAR.limit))
    print(table([*rows, row("A/A", same)]))
    if options.save:
        content = {
            "passport": start,
            "unit": "seconds a call, the least of three bursts",
            "seed": options.seed,
            "rows": [line.as_json() for line in rows],
            "samples": samples,
        }
        print(save(options.save, content))


if __name__ == "__main__":
    main()
