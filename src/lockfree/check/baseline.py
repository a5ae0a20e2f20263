"""The scenarios as they are: what is proved of orders and pairs is proved of scenarios that pass."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace

from lockfree.check.report import Checked, Report, Target
from lockfree.check.result import Result
from lockfree.check.runner import Options
from lockfree.check.verify import explore

__all__ = ["BaselineError", "baseline"]


class BaselineError(ValueError):
    """The scenarios don't pass as they are. `report` tells why."""

    def __init__(self, report: Report) -> None:
        """Keep the report."""
        self.report = report
        super().__init__(f"{report.worst.name}: {report.verdict}: {report.worst.told.message}; mend that first")


def baseline(targets: Sequence[Target], options: Options, pool: Executor) -> list[Checked]:
    """Every scenario explored, several at once. Raises BaselineError unless all pass."""
    pairs = [(target, name) for target in targets for name in target.scenarios]

    def one(pair: tuple[Target, str]) -> Result:
        return explore(pair[0], replace(options, scenario=pair[1]))

    checked = [Checked(pair[0], result) for pair, result in zip(pairs, pool.map(one, pairs), strict=True)]
    report = Report(tuple(checked))
    if report.code != 0:
        raise BaselineError(report)
    return checked
