"""For pytest, which loads it by itself: a fixture that checks C and C++ programs from a test. Loads nothing else yet.

def test_queue(checked):
checked("queue.c")                         # every scenario; fails with the story of the first defect
checked("spsc_ring", scenario="wrap", model="tso")
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from lockfree.check.report import Report


@pytest.fixture
def checked() -> Callable[..., Report]:
    """A function that checks what `lockfree check` would and returns the report, or fails with its story.

    Words as on the command line, `flags` for the compiler, and the options of `lockfree.check.runner.Options`.
    """

    def check_it(*what: str | os.PathLike[str], flags: Sequence[str] = (), **options: Any) -> Report:
        from lockfree.check.runner import Options
        from lockfree.check.scenarios import DefectError
        from lockfree.check.verify import check

        report = check(*what, flags=flags, options=Options(**options))
        if report.code != 0:
            raise DefectError(report)
        return report

    return check_it
