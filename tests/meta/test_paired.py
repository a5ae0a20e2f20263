"""The benchmarks' statistics: what they claim holds for numbers whose truth is known."""

import random

import pytest

from bench.paired import Bar, Interval, bootstrap_median, collect, interleaved, paired_ratio, row, table


def test_a_ratio_is_taken_within_its_round():
    drifting = [1.0, 10.0, 100.0, 1000.0]
    assert paired_ratio([3 * x for x in drifting], drifting) == Interval(3, 3, 3)


def test_the_interval_covers_the_median_as_often_as_it_says():
    draw = random.Random(1)
    hits = 0
    for _ in range(40):
        interval = bootstrap_median([draw.lognormvariate(0, 0.5) for _ in range(30)])
        assert interval.low <= interval.median <= interval.high
        hits += interval.low <= 1.0 <= interval.high
    assert 35 <= hits <= 40


def test_one_round_has_no_interval():
    with pytest.raises(ValueError, match="--rounds"):
        bootstrap_median([1.0])


@pytest.mark.parametrize(
    ("bar", "low", "high", "verdict"),
    [
        (Bar(3), 2.95, 3.4, "holds"),
        (Bar(3), 2.85, 3.4, "can't tell"),
        (Bar(3), 2.5, 2.85, "fails"),
        (Bar(2.5, at_least=False), 2.0, 2.55, "holds"),
        (Bar(2.5, at_least=False), 2.0, 2.65, "can't tell"),
        (Bar(2.5, at_least=False), 2.65, 2.7, "fails"),
    ],
)
def test_a_bar_is_widened_by_what_the_run_cannot_resolve(bar, low, high, verdict):
    assert bar.judge(Interval((low + high) / 2, low, high), 0.1) == verdict


def test_a_run_too_noisy_for_a_bar_says_nothing_about_it():
    assert [Bar(3).judge(Interval(9, 9, 9), noise) for noise in (0.29, 0.31)] == ["holds", "can't tell"]


def test_each_round_has_each_case_once_and_orders_differ():
    names = ["a", "b", "c", "d"]
    rounds = [[case for index, case in interleaved(20, names, seed=3) if index == wanted] for wanted in range(20)]
    assert all(sorted(order) == names for order in rounds)
    assert len({tuple(order) for order in rounds}) > 5


def test_samples_stand_at_their_round():
    clock = iter(range(100))
    samples = collect(5, {"a": lambda: next(clock), "b": lambda: next(clock)}, seed=0)
    assert [{a // 2, b // 2} for a, b in zip(samples["a"], samples["b"], strict=True)] == [{i} for i in range(5)]


def test_losses_come_first():
    wins, loses = row("wins", Interval(2, 2, 2), Bar(1)), row("loses", Interval(0.5, 0.5, 0.5), Bar(1))
    lines = table([wins, row("no bar", Interval(1, 1, 1)), loses]).splitlines()
    assert [line.split("  ")[0] for line in lines[1:]] == ["loses", "wins", "no bar"]
