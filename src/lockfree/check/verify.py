"""Checks a program: builds it, explores each of its scenarios, and after a defect looks for the shortest way to it.

report = check("queue.c")                      # or check("spsc_ring"): shipped scenarios
print(report.verdict, report.story())
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from lockfree.check import shipped
from lockfree.check.build import BuildError, build
from lockfree.check.declared import declared, judge
from lockfree.check.report import Checked, Report, Target
from lockfree.check.result import Progress, Result
from lockfree.check.runner import Options, run, scenarios

__all__ = ["Watch", "check", "explore", "find_targets", "investigate", "prepare"]

MODELS = ("rc11", "tso", "sc")
"""From the weakest to the strongest."""

_OTHERS_SECONDS = 2.0
_SHORTEST_SECONDS = 10.0
_GRACE = 30.0
_SUFFIXES = (".c", ".cc", ".cpp", ".cxx", ".c++", ".C")

Watch = Callable[[str, Progress], None]
"""Called twice a second with `file:scenario` and how far it is."""


def find_targets(what: Sequence[str | os.PathLike[str]]) -> list[tuple[tuple[str, ...], tuple[Path, ...]]]:
    """What to build for the words of a command line: names of shipped scenarios, or files that make one program.

    Each comes as its words and its files. Raises ValueError with what is there instead.
    """
    words = [os.fspath(word) for word in what]
    known = shipped.names()
    found = [(word, shipped.sources(word)) for word in words if word in known and not Path(word).is_file()]
    if len(found) == len(words):
        return [((name,), (path,)) for name, paths in found for path in paths]
    for word in words:
        if not Path(word).is_file():
            hint = f"shipped scenarios: {', '.join(known)}" if not word.endswith(_SUFFIXES) else "no such file"
            raise ValueError(f"{word}: {hint}")
    return [(tuple(words), tuple(map(Path, words)))]


def prepare(
    what: Sequence[str | os.PathLike[str]], flags: Sequence[str] = (), scenario: str | None = None
) -> list[Target]:
    """Build what was named, several files at once, and list the scenarios.

    scenario: only this one. Raises BuildError with the compiler's words, ValueError where there is nothing to check.
    """
    wanted = find_targets(what)

    def make(one: tuple[tuple[str, ...], tuple[Path, ...]]) -> Target:
        built = build(one[1], flags=flags)
        return Target(one[0], built, _in_order(scenarios(built.library), one[1]), declared(one[1]))

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        targets = list(pool.map(make, wanted))
    every = [name for target in targets for name in target.scenarios]
    if not every:
        raise BuildError(f"{targets[0].words[0]}: nothing to check: it has neither a main nor an LF_SCENARIO")
    if scenario is not None:
        targets = [replace(one, scenarios=(scenario,)) for one in targets if scenario in one.scenarios]
        if not targets:
            raise ValueError(f"no scenario {scenario!r}; there are: {', '.join(every)}")
    return [target for target in targets if target.scenarios]


def _in_order(names: Iterable[str], sources: Iterable[Path]) -> tuple[str, ...]:
    """As they stand in the files."""
    text = "\n".join(path.read_text(errors="replace") for path in sources)
    return tuple(sorted(names, key=lambda name: (text.find(f"LF_SCENARIO({name})"), name)))


def check(
    *what: str | os.PathLike[str],
    flags: Sequence[str] = (),
    options: Options | None = None,
    watch: Watch | None = None,
    shortest: bool = True,
) -> Report:
    """Check files that make one program, or the shipped scenarios of structures.

    flags: for the compiler. options: of the exploration (`Options.scenario` selects one). watch: is told the progress.
    shortest: after a defect, also look for the shortest execution and ask the other models. Raises BuildError,
    CheckerMissingError, RunnerError, or ValueError for what is not there. Any thread may call it.
    """
    options = options or Options()
    targets = prepare(what, flags, options.scenario)
    return Report(
        tuple(
            _scenario(target, replace(options, scenario=name), watch, shortest=shortest)
            for target in targets
            for name in target.scenarios
        )
    )


def _scenario(target: Target, options: Options, watch: Watch | None, *, shortest: bool) -> Checked:
    name = target.label(options.scenario or "main")
    timeout = options.seconds + _GRACE if options.seconds else None
    progress = (lambda progress: watch(name, progress)) if watch is not None else None
    checked = Checked(target, explore(target, options, on_progress=progress, timeout=timeout))
    return investigate(checked, options) if shortest and checked.result.code == 1 else checked


def explore(target: Target, options: Options, **how: Any) -> Result:
    """Run one scenario, and judge its histories where it declares a specification."""
    spec = target.specifications.get(options.scenario or "")
    result = run(target.built.library, replace(options, histories=options.histories or spec is not None), **how)
    if result.verdict == "ok" and result.threads == 1:
        return result.answered("unsupported", "no thread was started: there is nothing to check")
    return result if spec is None else judge(result, spec)


def investigate(checked: Checked, options: Options) -> Checked:
    """The same with the shortest execution, and with what the stronger models say; all three at once."""
    target = checked.target
    plain = replace(options, executions=None, jobs=None, deviations=(), histories=False)
    refused = checked.result.refused or None
    asked = {
        "shortest": replace(plain, mode="shortest", seconds=_SHORTEST_SECONDS, history=refused),
        **{
            model: replace(plain, model=model, mode="exhaustive", seconds=_OTHERS_SECONDS)
            for model in MODELS[MODELS.index(options.model) + 1 :]
        },
    }
    with ThreadPoolExecutor(len(asked)) as pool:
        answers = dict(
            zip(
                asked,
                pool.map(lambda each: explore(target, each, timeout=(each.seconds or 0) + _GRACE), asked.values()),
                strict=True,
            )
        )
    shortest = answers.pop("shortest")
    if refused is not None:
        if shortest.code != 1:  # too many deviations away: as it was found
            again = replace(plain, history=refused)
            checked = replace(checked, result=_as_judged(explore(target, again), checked.result))
        shortest = _as_judged(shortest, checked.result)
    same = shortest.code == 1 and shortest.verdict == checked.result.verdict
    return replace(checked, shortest=shortest if same else None, models=answers)


def _as_judged(result: Result, first: Result) -> Result:
    """A run for a history, with the words of who refused it."""
    return result.answered(first.verdict, first.message) if result.verdict == first.verdict else result
