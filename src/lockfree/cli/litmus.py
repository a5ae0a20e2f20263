"""`lockfree litmus FILE.litmus…`: herd's C litmus tests in the checker."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lockfree.check.litmus import Verdict
    from lockfree.check.litmus.tree import Test

__all__ = ["add", "run"]

_EPILOG = """\
Every execution that the model allows is explored; the summary is herd's: final states, Ok or No, Positive and Negative
(how many executions meet the condition), Observation. Undef: some execution has a data race or another defect.

  rc11  C11 as repaired by Lahav et al. (PLDI 2017), with C++20's release sequences
  sc    sequential consistency
  tso   x86: what a compiler's plain mapping to x86 can show

exit codes:
  0    every test was judged, and its condition is met as its quantifier asks (Ok)
  1    a test's answer is No or Undef
  2    a test could not be read, compiled or judged; stderr says why
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Its arguments."""
    command = commands.add_parser(
        "litmus",
        help="check litmus tests in herd's C format under rc11, sc or tso",
        description="Check litmus tests in herd's C format.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("files", metavar="FILE", type=Path, nargs="+", help="litmus tests")
    command.add_argument("--model", choices=("rc11", "sc", "tso"), default="rc11", help="the memory model (rc11)")
    command.add_argument("--json", action="store_true", help="one JSON object")
    command.add_argument(
        "--spurious",
        metavar="N",
        type=_count,
        help="weak compare-exchanges that may fail spuriously, an execution (as many as the test has)",
    )
    command.add_argument(
        "--loop",
        metavar="N",
        type=_count,
        help="visits of one place by one thread; past it an execution is cut (no bound)",
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Its work."""
    from lockfree.check.litmus import LitmusError, judge, read
    from lockfree.check.runner import Options
    from lockfree.errors import LockfreeError

    code = 0
    tests: list[Test] = []
    for path in options.files:
        try:
            tests.append(read(path))
        except LitmusError as error:
            print(f"lockfree: {error}", file=sys.stderr)
            code = 2
    verdicts: list[Verdict] = []
    try:
        for verdict in (
            judge(tests, model=options.model, spurious=options.spurious, options=Options(loop=options.loop))
            if tests
            else ()
        ):
            verdicts.append(verdict)
            if not options.json:
                print(verdict.summary())
    except LockfreeError as error:
        print(f"lockfree: {error}", file=sys.stderr)
        code = 2
    if options.json:
        print(json.dumps({"model": options.model, "tests": [verdict.as_json() for verdict in verdicts]}))
    for verdict in verdicts:
        if not verdict.judged:
            where = f"{verdict.test.file}: {verdict.test.name}"
            print(f"lockfree: {where} could not be judged: {verdict.result.message}", file=sys.stderr)
    return max([code, *(2 if not verdict.judged else 0 if verdict.ok else 1 for verdict in verdicts)])


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no count")
    return int(text)
