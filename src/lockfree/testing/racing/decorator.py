"""`race`: anybody's class, a specification, and rules; Hypothesis looks for the smallest program that breaks it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from lockfree.check.specs import ModelSpec, Spec
from lockfree.testing.hunting import RaceFoundError, hunt
from lockfree.testing.racing.columns import explain
from lockfree.testing.racing.explorer import Broken, Explorer, Judge
from lockfree.testing.racing.locks import swapped
from lockfree.testing.racing.points import Points
from lockfree.testing.racing.rules import RaceProgram, Rule, programs_of
from lockfree.testing.racing.runs import Deterministic, free
from lockfree.testing.racing.watching import watcher

SCHEDULES = ("deterministic", "free")


@dataclass(frozen=True, slots=True)
class Options:
    """What `race` was asked for; its docstring has the meanings."""

    make: Callable[[], Any]
    spec: Spec
    rules: dict[str, Rule]
    classes: tuple[type, ...]
    threads: int
    steps: int
    alone: tuple[int, int]
    schedule: str
    examples: int
    runs: int
    deviations: int
    replays: int
    seed: int
    timeout: float


class RaceCase:
    """What `race` makes of a class: a test for pytest, or by hand."""

    options: Options

    def test_no_race_is_found(self) -> None:
        """Search; raises `RaceFoundError` with the smallest program found that breaks the specification."""
        self.search()

    @classmethod
    def search(cls) -> int:
        """Search, and return how many runs were judged; raises `RaceFoundError` as `race` says."""
        return (_Deterministically if cls.options.schedule == "deterministic" else _Freely)(cls.options).search()


def race(
    *,
    spec: Spec | Callable[[], Any],
    threads: int = 2,
    on: Callable[[], Any] | None = None,
    steps: int = 3,
    alone: tuple[int, int] = (2, 3),
    schedule: str = "deterministic",
    examples: int = 200,
    runs: int = 200,
    deviations: int = 2,
    replays: int = 5,
    seed: int = 0,
    timeout: float = 5.0,
) -> Callable[[type], type[RaceCase]]:
    """Turn a class of rules into a test that races the class under test against a sequential specification.

        @race(threads=3, spec=FifoSpec)
        class TestMyCache(MyCache):
            put = rule(key=fresh())
            get = rule()

    Args:
        spec: a `Spec` or what makes one, or a plain class with the same methods (`ModelSpec`): what is right.
        threads: how many at most.
        on: makes a fresh object under test; default: the decorated class itself, which then derives from it.
        steps: calls that a thread makes at most.
        alone: calls made at most before the threads begin, and after they have ended.
        schedule: `deterministic`: one thread runs at a time, and Python's instructions are interleaved on purpose:
            what is found is found again, with as few changes of thread as it needs. `free`: the interpreter changes
            threads every microsecond, by chance; code in C that lets the GIL go is raced only here.
        examples: programs to try.
        runs: ways to run each of them (free: times).
        deviations: changes of thread, at most, where the same could have gone on (deterministic).
        replays: how often a found race is run again; the message says how often it broke the specification.
        seed: of the draw.
        timeout: seconds after which a thread counts as waiting for ever (free; deterministic: when nobody can go on).

    Returns:
        a decorator; it returns a `RaceCase`, which pytest collects if it is named `Test…`, and whose `search()` raises
        `RaceFoundError` with `program`, `history` and `finding` of the smallest program found.

    A call that answers what no order of calls could, or waits for ever where the specification has it answer, is a
    defect. Not for objects that start threads of their own (use `free`). Not thread-safe: while it runs, `threading`'s
    locks are exchanged, for the classes' modules and for what they make.
    """
    if schedule not in SCHEDULES:
        raise ValueError(f"schedule is one of {', '.join(SCHEDULES)}; not {schedule!r}")
    if threads < 2:
        raise ValueError("a race needs two threads")

    def decorate(rules_class: type) -> type[RaceCase]:
        rules = {name: value for name, value in vars(rules_class).items() if isinstance(value, Rule)}
        if not rules:
            raise TypeError(f"{rules_class.__name__} has no rules: say `method = rule(argument=strategy)` in its body")
        for name, one in rules.items():
            if one.function is not None:
                setattr(rules_class, name, one.function)
            else:
                delattr(rules_class, name)
            if on is None and not callable(getattr(rules_class, name, None)):
                raise TypeError(
                    f"{rules_class.__name__} has no method {name!r}: derive it from the class under test, or pass on=…"
                )
        judge = spec() if callable(spec) and not isinstance(spec, Spec) else spec
        if not isinstance(judge, Spec):
            judge = ModelSpec(spec)  # type: ignore[arg-type]
        for name in rules:
            judge.name(name)
        made = on() if on is not None else rules_class()
        options = Options(
            make=on if on is not None else rules_class,
            spec=judge,
            rules=rules,
            classes=tuple(c for c in type(made).__mro__ if c.__module__ not in sys.stdlib_module_names),
            threads=threads,
            steps=steps,
            alone=alone,
            schedule=schedule,
            examples=examples,
            runs=runs,
            deviations=deviations,
            replays=replays,
            seed=seed,
            timeout=timeout,
        )
        members = {"options": options, "__doc__": rules_class.__doc__, "__module__": rules_class.__module__}
        return type(rules_class.__name__, (RaceCase,), members)

    return decorate


class _Way:
    """A way to try a program, and to say what was found."""

    def __init__(self, options: Options) -> None:
        self.options = options

    def search(self) -> int:
        """Hunt for the smallest program; raise what was found, with replays counted."""
        o = self.options
        programs = programs_of(o.rules, threads=o.threads, steps=o.steps, alone=o.alone)
        with self.around():
            smallest = hunt(programs, self.attempt, examples=o.examples, seed=o.seed)
            if smallest is None:
                return self.judged()
            times = self.replay(smallest)
        raise RaceFoundError(
            smallest.program,
            smallest.run.history,
            smallest.refutation,
            explain(smallest, f"run again {o.replays} times, it broke the specification {times} times"),
        )

    def around(self) -> AbstractContextManager[None]:
        return nullcontext()

    def attempt(self, program: RaceProgram, shrinking: bool) -> Broken | None:
        raise NotImplementedError

    def replay(self, broken: Broken) -> int:
        raise NotImplementedError

    def judged(self) -> int:
        raise NotImplementedError


class _Deterministically(_Way):
    def __init__(self, options: Options) -> None:
        super().__init__(options)
        names = (getattr(sys.modules.get(c.__module__), "__file__", None) for c in options.classes)
        self.watcher = watcher(Points(frozenset(name for name in names if name)))
        executor = Deterministic(options.make, options.spec, self.watcher)
        self.explorer = Explorer(executor, options.spec)
        self.most = options.deviations
        self.passed: set[str] = set()

    @contextmanager
    def around(self) -> Iterator[None]:
        with swapped(self.options.classes), self.watcher.during():
            yield

    def attempt(self, program: RaceProgram, shrinking: bool) -> Broken | None:
        """Explore its schedules; while shrinking, those with no more deviations than were needed already."""
        key = repr(program)
        if key in self.passed:
            return None
        broken = self.explorer.explore(program, runs=self.options.runs, most=self.most)
        if broken is not None:
            self.most = min(self.most, len(broken.run.deviations))
        else:
            self.passed.add(key)
        del shrinking
        return broken

    def replay(self, broken: Broken) -> int:
        return self.explorer.replay(broken, self.options.replays)

    def judged(self) -> int:
        return self.explorer.runs


class _Freely(_Way):
    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.judge = Judge(options.spec)
        self.runs = 0

    def attempt(self, program: RaceProgram, shrinking: bool) -> Broken | None:
        """Run it many times; while shrinking four times as often, so that a smaller one doesn't pass by luck."""
        for _ in range(self.options.runs * (4 if shrinking else 1)):
            broken = self.once(program)
            if broken is not None:
                return broken
        return None

    def once(self, program: RaceProgram) -> Broken | None:
        self.runs += 1
        run = free(self.options.make, self.options.spec, program, timeout=self.options.timeout)
        refutation = self.judge(run)
        return None if refutation is None else Broken(program, run, refutation)

    def replay(self, broken: Broken) -> int:
        return sum(self.once(broken.program) is not None for _ in range(self.options.replays))

    def judged(self) -> int:
        return self.runs
