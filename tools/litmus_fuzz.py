"""Gives random small programs to herd7 and to the checker, and shrinks those on which they differ.

    python -m tools.litmus_fuzz [--seed N] [--programs N] [--keep DIR]

Two to four threads with loads, stores, updates, compare-exchanges (strong, weak, failing) and fences of every order on
up to three locations, under rc11, sc and tso: final states and number of executions must be equal. Exit 1 if some
program differs; it is printed with every operation gone that is not needed for that.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lockfree.check.litmus import MODELS, Verdict, judge, read
from tools.litmus_expectations import TESTS, ask

LOADS = ("relaxed", "acquire", "seq_cst")
STORES = ("relaxed", "release", "seq_cst")
UPDATES = ("relaxed", "acquire", "release", "acq_rel", "seq_cst")
FENCES = ("acquire", "release", "acq_rel", "seq_cst", "seq_cst", "seq_cst")
CATS = {"rc11": str(TESTS / "rc11_c20.cat"), "sc": "sc.cat", "tso": str(TESTS / "x86tso.cat")}
MIXES = ((4, 4, 1, 1, 1, 1), (3, 3, 0, 0, 3, 0), (2, 2, 3, 1, 0, 2), (4, 4, 0, 0, 0, 0))  # of KINDS
KINDS = ("load", "store", "add", "exchange", "fence", "cas")
MOST = 8  # reads and writes: herd tries each read with each write
BATCH = 20  # one slow program for herd does not hold up the rest


@dataclass(frozen=True)
class Step:
    """One operation. value: what a store writes, a compare-exchange expects first and writes last."""

    kind: str
    location: str
    values: tuple[int, ...]
    orders: tuple[str, ...]
    weak: bool = False
    guarded: bool = False  # runs only where the thread's last register is 1


Program = tuple[tuple[Step, ...], ...]


def draw(rng: random.Random) -> Program:
    """A program within herd's reach."""
    while True:
        numbers = iter(range(1, 100))
        locations = ("x", "y", "z")[: rng.choice((1, 2, 2, 2, 3))]
        threads = tuple(_thread(rng, locations, numbers) for _ in range(rng.choice((2, 2, 3, 3, 4))))
        steps = [step for thread in threads for step in thread]
        weight = {"fence": 0, "load": 1, "store": 1}
        cost = sum(weight.get(step.kind, 2) for step in steps)
        if 3 <= cost <= MOST and sum(step.kind == "cas" for step in steps) <= 2:
            return threads


def _thread(rng: random.Random, locations: Sequence[str], numbers: Iterator[int]) -> tuple[Step, ...]:
    weights = rng.choice(MIXES)
    found: list[Step] = []
    for kind in rng.choices(KINDS, weights, k=rng.randint(1, 4)):
        strong = rng.random() < 0.4
        location = rng.choice(locations)
        guarded = (
            kind == "store" and bool(found) and found[-1].kind in {"load", "add", "exchange"} and rng.random() < 0.3
        )
        if kind == "cas":
            success = "seq_cst" if strong else rng.choice(UPDATES)
            weaker = {"seq_cst": LOADS, "acq_rel": LOADS[:2], "acquire": LOADS[:2]}.get(success, LOADS[:1])
            values = (rng.choice((0, 0, 1, 2)), next(numbers))
            found.append(Step(kind, location, values, (success, rng.choice(weaker)), weak=rng.random() < 0.4))
        else:
            orders = {"load": LOADS, "store": STORES, "fence": FENCES}.get(kind, UPDATES)
            order = "seq_cst" if strong else rng.choice(orders)
            found.append(Step(kind, location, (10 if kind == "add" else next(numbers),), (order,), guarded=guarded))
    return tuple(found)


def litmus(program: Program, name: str) -> str:
    """The program in herd's format; every location is shown, and every register stands in the condition."""
    threads: list[str] = []
    registers: list[str] = []
    expected: list[tuple[int, str]] = []
    for number, thread in enumerate(program):
        body: list[str] = []
        count = 0
        for step in thread:
            orders = ", ".join(f"memory_order_{order}" for order in step.orders)
            register = f"r{count}"
            if step.kind == "fence":
                body.append(f"atomic_thread_fence({orders});")
                continue
            if step.kind == "store":
                text = f"atomic_store_explicit({step.location}, {step.values[0]}, {orders});"
                body.append(f"if (r{count - 1} == 1) {{\n    {text}\n  }}" if step.guarded and count else text)
                continue
            if step.kind == "cas":
                place = f"e{number}{len(expected)}"
                expected.append((number, place))
                body.append(f"*{place} = {step.values[0]};")
                call = f"compare_exchange_{'weak' if step.weak else 'strong'}"
                given = f"{step.location}, {place}, {step.values[1]}"
            else:
                call = {"load": "load", "add": "fetch_add", "exchange": "exchange"}[step.kind]
                given = step.location if step.kind == "load" else f"{step.location}, {step.values[0]}"
            body.append(f"int {register} = atomic_{call}_explicit({given}, {orders});")
            registers.append(f"{number}:{register}")
            count += 1
        own = "".join(f", int* {place}" for of, place in expected if of == number)
        lines = "".join(f"  {line}\n" for line in body)
        threads.append(f"P{number} (atomic_int* x, atomic_int* y, atomic_int* z{own}) {{\n{lines}}}\n")
    shown = " ".join(f"{place};" for place in ("x", "y", "z", *(place for _, place in expected)))
    condition = " /\\ ".join(f"{register}=0" for register in registers) or "x=0"
    return f"C {name}\n{{ }}\n" + "".join(threads) + f"locations [{shown}]\nexists ({condition})\n"


def differences(programs: Sequence[Program], folder: Path, models: Sequence[str] = MODELS) -> list[tuple[int, str]]:
    """(index, model) of each program on which herd7 and the checker differ."""
    files = [folder / f"f{index}.litmus" for index in range(len(programs))]
    for index, (path, program) in enumerate(zip(files, programs, strict=True)):
        path.write_text(litmus(program, f"f{index}"))
    tests = [read(path) for path in files]
    found = []
    for model in models:
        said = ask(CATS[model], files)
        for index, verdict in enumerate(judge(tests, model=model, cache=folder)):
            if not _equal(verdict, said[f"f{index}"]):
                found.append((index, model))
    return found


def _equal(verdict: Verdict, said: dict[str, Any]) -> bool:
    return (
        verdict.result.verdict == "ok"
        and sorted(state.text() for state in verdict.states) == sorted(said["states"])
        and (verdict.positive, verdict.negative) == (said["positive"], said["negative"])
    )


def shrink(program: Program, model: str, folder: Path) -> Program:
    """Without the operations that the difference does not need."""
    while True:
        smaller = [
            tuple(thread[:at] + thread[at + 1 :] if t == number else thread for t, thread in enumerate(program))
            for number, thread in enumerate(program)
            for at in range(len(thread))
        ]
        smaller = [tuple(thread for thread in one if thread) for one in smaller]
        smaller = [one for one in smaller if one]
        found = differences(smaller, folder, [model]) if smaller else []
        if not found:
            return program
        program = smaller[found[0][0]]


def main(arguments: Sequence[str]) -> int:
    """See the head of the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="of the programs (1)")
    parser.add_argument("--programs", type=int, default=200, help="how many (200)")
    parser.add_argument("--keep", type=Path, help="a folder for the tests that differ")
    options = parser.parse_args(arguments)
    rng = random.Random(options.seed)  # noqa: S311 - no secret
    count = 0
    with tempfile.TemporaryDirectory(prefix="litmus-fuzz-") as scratch:
        for first in range(0, options.programs, BATCH):
            programs = [draw(rng) for _ in range(min(BATCH, options.programs - first))]
            for index, model in differences(programs, Path(scratch)):
                count += 1
                small = litmus(shrink(programs[index], model, Path(scratch)), f"fuzz-{options.seed}-{first + index}")
                print(f"{model}: herd7 and the checker differ on\n{small}", flush=True)
                if options.keep is not None:
                    options.keep.mkdir(parents=True, exist_ok=True)
                    (options.keep / f"{model}-{options.seed}-{first + index}.litmus").write_text(small)
    print(f"seed {options.seed}: {options.programs} programs under {', '.join(MODELS)}, {count} differences")
    return 1 if count else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
