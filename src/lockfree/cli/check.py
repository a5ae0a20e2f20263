"""`lockfree check FILE.c [-- cflags]`: every weak-memory execution of a program, and the shortest way to its defect."""

import argparse
import json
import shutil
import sys
from typing import TYPE_CHECKING

from . import prove
from .bar import Bar

if TYPE_CHECKING:
    from lockfree.check.report import Report
    from lockfree.check.runner import Options

__all__ = ["add", "run"]

_EPILOG = """\
examples:
  lockfree check queue.c                      a main with pthreads, or LF_SCENARIOs (lockfree/check.h)
  lockfree check queue.cpp -- -std=c++20 -I.  what follows -- goes to the compiler
  lockfree check spsc_ring                    shipped scenarios; --list names them all
  lockfree check queue.c --model tso          would x86 show it?
  lockfree check spsc_ring --weaken           is each memory order needed? (--freeze, --pairs: likewise)

exit codes: 0 nothing found, 1 a defect, 2 could not be judged
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Its arguments."""
    command = commands.add_parser(
        "check",
        help="explore every weak-memory execution of a C or C++ program",
        description="Check a C11 or C++ program, as it stands, in every execution that the memory model allows.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    target = command.add_argument(
        "target", metavar="FILE|NAME", nargs="*", help="files that make one program, or names of shipped scenarios"
    )
    target.completer = _complete  # type: ignore[attr-defined] # argcomplete's, where it is installed
    command.add_argument("--list", action="store_true", help="list the shipped scenarios (of a FILE: its own)")
    command.add_argument("--scenario", metavar="NAME", help="this one only")
    command.add_argument("--model", choices=("rc11", "tso", "sc"), default="rc11", help="the memory model (rc11)")
    command.add_argument(
        "--mode",
        choices=("exhaustive", "random", "shortest"),
        default="exhaustive",
        help="each execution once (default); random with a bug depth (PCT); by number of deviations",
    )
    bounds = command.add_argument_group("bounds", "a check that met one says so, and is no proof")
    bounds.add_argument("--executions", type=_count, metavar="N", help="stop after so many")
    bounds.add_argument("--seconds", type=_seconds, metavar="S", help="stop each scenario after S seconds")
    bounds.add_argument("--events", type=_count, metavar="N", help="events of a thread (200)")
    bounds.add_argument("--loop", type=_count, metavar="N", help="visits of one place by one thread")
    bounds.add_argument("--spurious", type=_count, metavar="N", help="spurious failures of weak compare-exchanges (0)")
    command.add_argument("--seed", type=_count, metavar="N", help="of the random mode (1)")
    command.add_argument("--depth", type=_count, metavar="N", help="priority changes of the random mode (3)")
    command.add_argument("--most", type=_count, metavar="N", help="deviations at most, of the shortest mode (4)")
    command.add_argument("--unreclaimed", action="store_true", help="memory may stay unfreed at the end")
    command.add_argument("--jobs", type=_count, metavar="N", help="processes (1)")
    command.add_argument("--replay", type=_deviations, metavar="TOKEN", help="one execution, as printed after a defect")
    command.add_argument("--json", action="store_true", help="one JSON object (docs/reference/checker.md)")
    command.add_argument("--html", metavar="FILE", help="also write the story as a page of its own")
    prove.add(command)
    command.set_defaults(run=run, compiler=[])


def run(options: argparse.Namespace) -> int:
    """Its work."""
    from lockfree.check.build import CheckerMissingError
    from lockfree.check.verify import check

    if options.list:
        return _list(options)
    if not options.target:
        raise ValueError("check what? Name a FILE.c, or a shipped scenario: `lockfree check --list`")
    if prove.asked(options):
        return prove.run(options, _options(options))
    try:
        with Bar(quiet=options.json) as bar:
            report = check(
                *options.target,
                flags=options.compiler,
                options=_options(options),
                watch=bar.update if bar.shown else None,
                shortest=options.mode != "shortest" and options.replay is None,
            )
    except CheckerMissingError as missing:
        raise ValueError(str(missing)) from missing
    for said in dict.fromkeys(one.target.built.said for one in report.checked):
        print(said, end="", file=sys.stderr)  # the compiler's warnings
    if options.replay is not None:
        sys.stderr.writelines(one.result.output for one in report.checked)
    if options.json:
        print(json.dumps(report.as_json()))
    else:
        _print(report, tuple(options.compiler))
    if options.html:
        from lockfree.check.html import write

        write(report, options.html, tuple(options.compiler))
        if not options.json:
            print(f"\nAs a page: {options.html}")
    return report.code


def _options(options: argparse.Namespace) -> "Options":
    from lockfree.check.runner import Options

    return Options(
        scenario=options.scenario,
        model=options.model,
        mode="replay" if options.replay is not None else options.mode,
        executions=options.executions,
        seconds=options.seconds,
        events=options.events,
        loop=options.loop,
        spurious=options.spurious,
        seed=options.seed,
        depth=options.depth,
        most=options.most,
        unreclaimed=options.unreclaimed,
        jobs=options.jobs,
        deviations=options.replay or (),
    )


def _list(options: argparse.Namespace) -> int:
    from lockfree.check import shipped
    from lockfree.check.verify import prepare

    every = prepare(options.target or shipped.names(), options.compiler)
    for target in every:
        name = target.words[0]
        for scenario in target.scenarios:
            print(f"{name}  --scenario {scenario}" if name in shipped.names() else scenario)
    return 0


def _print(report: "Report", flags: tuple[str, ...]) -> None:
    from lockfree.check.screen import screen

    tty = sys.stdout.isatty()
    width = shutil.get_terminal_size((120, 40)).columns
    print(screen(report, width, colour=tty, flags=flags))


def _complete(prefix: str, **_: object) -> list[str]:
    """Names of shipped scenarios and source files, for argcomplete."""
    from pathlib import Path

    from lockfree.check import shipped

    folder = prefix.rpartition("/")[0]
    files = [
        f"{folder}/{path.name}" if folder else path.name
        for path in Path(folder or ".").iterdir()
        if path.is_dir() or path.suffix in (".c", ".cc", ".cpp", ".cxx")
    ]
    return [name for name in (*shipped.names(), *files) if name.startswith(prefix)]


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r}: a whole number, 0 or more")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r}: seconds, 0 or more")
    return seconds


def _deviations(text: str) -> tuple[tuple[int, int], ...]:
    """`12:1,40:2`, or `none`: the execution without any."""
    if text in ("", "none"):
        return ()
    try:
        pairs = [tuple(map(int, pair.split(":"))) for pair in text.split(",")]
    except ValueError:
        pairs = []
    if not pairs or not all(len(pair) == 2 and min(pair) >= 0 for pair in pairs):
        raise argparse.ArgumentTypeError(f"{text!r}: a replay token is STEP:CHOICE,… as it was printed, or none")
    return tuple((step, choice) for step, choice in pairs)
