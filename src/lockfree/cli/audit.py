"""`lockfree audit DIR`: does the ledger hold?"""

import argparse
import json

from .arguments import add_directory
from .table import table

__all__ = ["add", "run"]

_EPILOG = """\
For every lane:  offered = accepted + rejected + torn   and   accepted = delivered + pending,
numbers 1..accepted each there exactly once, every checksum good. Each term is counted on its own: delivered in the
segments, pending in the lanes. Exits 0 only if all of it holds; 1 if not, naming lane and sequence numbers.
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Its arguments."""
    command = commands.add_parser(
        "audit",
        help="count every record and check the ledger; exit 0 only if it holds",
        description="Count every record in lanes and segments and check the ledger's equations. Modifies nothing.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_directory(command, "a collector's directory")
    command.add_argument("--json", action="store_true", help="the whole report as one JSON object")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Its work."""
    from lockfree.collector.audit import audit

    report = audit(options.directory)
    if options.json:
        print(json.dumps(report.as_json()))
        return 0 if report.ok else 1
    terms = ("offered", "accepted", "rejected", "torn", "delivered", "pending")
    rows: list[tuple[object, ...]] = []
    for lane in report.lanes:
        state = lane.state + ("" if lane.exact else " (moving)")
        values = (getattr(lane, term) for term in terms if term != "rejected")
        offered, accepted, torn, delivered, pending = values
        rows.append(
            (f"{lane.lane:016x}", state, offered, accepted, sum(lane.rejected.values()), torn, delivered, pending)
        )
    without = sum(offered for offered, _ in report.processes.values())
    if without:
        rejected = sum(sum(reasons.values()) for _, reasons in report.processes.values())
        rows.append(("(no lane)", "", without, 0, rejected, 0, 0, 0))
    rows.append(("total", "", *(report.total(term) for term in terms)))
    print(table(("lane", "state", *terms), rows))
    for problem in report.problems:
        print(f"{problem.kind}: {problem.text}")
    print("the ledger holds" if report.ok else f"the ledger does NOT hold: {len(report.problems)} problems")
    return 0 if report.ok else 1
