"""Ticks to wall time: exact where it can be, refined where that is sound, sane where the numbers are not."""

import numpy as np
import pytest

from lockfree.collector.clock import Clock

WALL = 1_700_000_000_123_456_789
SECOND = 1_000_000_000


def wall(clock, *ticks):
    return clock.to_wall(np.array(ticks, np.uint64)).tolist()


def test_nanosecond_ticks_are_exact():
    assert wall(Clock(1000, WALL, 1.0), 1000, 1001, 999, 1000 + 86400 * SECOND) == [
        WALL,
        WALL + 1,
        WALL - 1,
        WALL + 86400 * SECOND,
    ]


def test_a_fast_counter_keeps_single_nanoseconds():
    clock = Clock(5 * 10**15, WALL, 2.5)
    assert wall(clock, 5 * 10**15 + 25, 5 * 10**15 + 2_500_000_000) == [WALL + 10, WALL + SECOND]


def test_the_rate_is_refined_by_a_later_pair():
    clock = Clock(0, WALL, 2.0)
    refined = clock.refined(20_002 * SECOND // 1000, WALL + 10 * SECOND)
    assert refined.rate == pytest.approx(2.0002)
    assert wall(refined, 20_002 * SECOND // 1000) == [WALL + 10 * SECOND]


@pytest.mark.parametrize(
    ("ticks", "wall_ns"),
    [
        (SECOND, WALL + SECOND // 2),  # less than a second apart
        (20 * SECOND, WALL + 3600 * SECOND),  # the wall clock was set forward
        (20 * SECOND, WALL - 3600 * SECOND),  # and back
    ],
)
def test_a_pair_that_is_no_base_is_not_used(ticks, wall_ns):
    clock = Clock(0, WALL, 2.0)
    assert clock.refined(ticks, wall_ns) is clock


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf"), 1e-300, 1e300, 2.0])
@pytest.mark.parametrize("start", [0, 2**63, 2**64 - 1])
def test_numbers_without_sense_give_numbers_without_a_crash(rate, start):
    found = wall(Clock(start, 2**64 - 1, rate), 0, 1, 2**63, 2**64 - 1)
    assert all(-(2**63) <= one < 2**63 for one in found)
