"""`lockfree check NAME --weaken | --freeze | --pairs`: what a pass is worth, and what becomes of stopped threads."""

import argparse
import json
import shutil
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from .bar import Bar

if TYPE_CHECKING:
    from lockfree.check.runner import Options

__all__ = ["add", "asked", "run"]


class Proof(Protocol):
    """What the three reports have in common."""

    @property
    def code(self) -> int:
        """The exit status."""

    def lines(self) -> Iterator[str]:
        """For people."""

    def story(self, width: int = 120, *, colour: bool = False) -> str:
        """An execution to look at, or ""."""

    def as_json(self) -> dict[str, object]:
        """For `--json`."""


def add(command: argparse.ArgumentParser) -> None:
    """The arguments of the three."""
    group = command.add_argument_group("proofs", "instead of a check, for scenarios that pass")
    kind = group.add_mutually_exclusive_group()
    kind.add_argument("--weaken", action="store_true", help="weaken each memory order: does a scenario notice?")
    kind.add_argument("--freeze", action="store_true", help="stop threads for ever at each step: do others go on?")
    kind.add_argument("--pairs", action="store_true", help="compare the pairs that comments declare with those seen")


def asked(options: argparse.Namespace) -> bool:
    """Whether one of them is wanted."""
    return bool(options.weaken or options.freeze or options.pairs)


def run(options: argparse.Namespace, exploration: "Options") -> int:
    """Its work; a scenario that does not pass as it is is told like a check's."""
    from lockfree.check.baseline import BaselineError
    from lockfree.check.build import CheckerMissingError

    if options.replay is not None or options.html:
        raise ValueError("--weaken, --freeze and --pairs go with neither --replay nor --html")
    try:
        report = _prove(options, exploration)
    except CheckerMissingError as missing:
        raise ValueError(str(missing)) from missing
    except BaselineError as failed:
        if options.json:
            print(json.dumps(failed.report.as_json()))
        else:
            print(failed.report.story(shutil.get_terminal_size((120, 40)).columns, colour=sys.stdout.isatty()))
        return failed.report.code
    if options.json:
        print(json.dumps(report.as_json()))
    else:
        print("\n".join(report.lines()))
        if story := report.story(shutil.get_terminal_size((120, 40)).columns, colour=sys.stdout.isatty()):
            print(f"\n{story}")
    return report.code


def _prove(options: argparse.Namespace, exploration: "Options") -> Proof:
    from dataclasses import replace

    from lockfree.check.freeze import freeze
    from lockfree.check.pairs import pairs
    from lockfree.check.weaken import weaken

    exploration = replace(exploration, jobs=None)  # whole runs go at once, rather than parts of one
    what, flags, workers = options.target, options.compiler, options.jobs
    with Bar(quiet=options.json) as bar:
        if options.weaken:
            return weaken(
                *what,
                flags=flags,
                options=exploration,
                workers=workers,
                watch=lambda *how: bar.count("weakenings", *how),
            )
        if options.freeze:
            return freeze(
                *what, flags=flags, options=exploration, workers=workers, watch=lambda *how: bar.count("runs", *how)
            )
        return pairs(*what, flags=flags, options=exploration, workers=workers)
