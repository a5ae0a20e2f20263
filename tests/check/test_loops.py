"""Loops that count are explored to the end, wherever the compiler keeps the count; loops that only wait are not."""

from pathlib import Path

import pytest

from lockfree.check.build import build
from lockfree.check.runner import run

PROGRAMS = Path(__file__).parent / "loops"


@pytest.mark.parametrize("optimised", ["-O0", "-O1", "-O2"])
def test_a_loop_that_counts_is_no_wait(optimised):
    built = build([PROGRAMS / "counted_loop.c"], flags=[optimised])
    result = run(built.library)
    assert (result.verdict, result.executions, result.blocked) == ("ok", 4, 0)


def test_a_failed_exchange_that_writes_to_shared_memory_is_no_wait():
    result = run(build([PROGRAMS / "textbook_push.c"]).library)
    assert (result.verdict, result.executions, result.blocked) == ("ok", 4, 0)
