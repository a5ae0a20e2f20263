"""Each judge finds the fault that it is there for, says so in one sentence, and passes a history without it."""

import pytest

from lockfree.testing import TORN, BoundedQueue, Event, History, draw, judge, sequential_order
from lockfree.testing.judges import JUDGES

P, C, X = 0, 1, 2  # producer, consumer, closer


def history(*events, **more):
    """Events as (thread, call, answer, items, begin, end); steps are numbered in the order given."""
    steps = {}
    made = []
    for thread, call, answer, items, begin, end, *asked in events:
        steps[thread] = steps.get(thread, 0) + 1
        wanted = asked[0] if asked else max(1, len(items))
        made.append(Event(thread, steps[thread], call, answer, items, wanted, begin, end))
    return History(tuple(made), **{"full_from": 2, "most": 2, **more})


GOOD = history(
    (P, "push", "ok", (1,), 0, 5),
    (P, "push", "ok", (2,), 6, 9),
    (P, "push", "full", (), 10, 12),
    (C, "pop", "ok", (1,), 11, 15),
    (C, "pop", "ok", (2,), 16, 17),
    (C, "pop", "empty", (), 18, 19),
    (P, "close", "ok", (), 20, 21),
    (P, "push", "closed", (), 22, 23),
    (C, "pop", "closed", (), 22, 23),
    count_left=0,
)

BAD = {
    "raced": (history((P, "push", "ok", (1,), 0, 1), left=(1,), defect="data race"), "checked: data race"),
    "never put in": (
        history((P, "push", "ok", (1,), 0, 1), (C, "pop", "ok", (7,), 2, 3)),
        "exactly once: consumer step 1 (pop) took 7, which was never put in",
    ),
    "torn": (
        history((P, "push", "ok", (1,), 0, 1), (C, "pop", "ok", (TORN,), 2, 3)),
        "exactly once: consumer step 1 (pop) took a torn item",
    ),
    "twice": (
        history((P, "push", "ok", (1,), 0, 1), (C, "pop", "ok", (1,), 2, 3), left=(1,)),
        "exactly once: 1 came out twice: consumer step 1 (pop), then the emptying at the end",
    ),
    "lost": (
        history((P, "push_n", "ok", (1, 2), 0, 1), (C, "pop", "ok", (1,), 2, 3)),
        "conservation: 2, put in by producer step 1, neither came out nor is left",
    ),
    "miscounted": (
        history((P, "push", "ok", (1,), 0, 1), left=(1,), count_left=2),
        "conservation: the queue said that it held 2, and 1 came out of it",
    ),
    "order": (
        history((P, "push", "ok", (1,), 0, 1), (P, "push", "ok", (2,), 2, 3), (C, "pop_n", "ok", (2, 1), 4, 5)),
        "first in, first out: consumer step 1 took 2 where 1 (producer step 1) was next",
    ),
    "order of one producer among two": (
        history(
            (P, "push", "ok", (1,), 0, 1),
            (P, "push", "ok", (2,), 2, 3),
            (X, "push", "ok", (3,), 2, 3),
            (C, "pop_n", "ok", (3, 2, 1), 4, 5),
            most=None,
        ),
        "first in, first out: 2 (consumer step 1) came out before 1 (consumer step 1), put in first",
    ),
    "overfull": (
        history((P, "push_n", "ok", (1, 2), 0, 1), (P, "push", "ok", (3,), 2, 3), left=(1, 2, 3)),
        "capacity: after producer step 2 at least 3 items were inside, and 2 fit",
    ),
    "from the future": (
        history((C, "pop", "ok", (1,), 0, 1), (P, "push", "ok", (1,), 2, 3)),
        "causality: consumer step 1 took 1 before producer step 1 began to put it in",
    ),
    "full too early": (
        history(
            (P, "push_n", "ok", (1, 2), 0, 1),
            (C, "pop", "ok", (1,), 2, 3),
            (P, "push", "full", (), 4, 5),
            left=(2,),
        ),
        "weak full: producer step 2 found no room with at most 1 inside, where 2 are full",
    ),
    "batch short too early": (
        history((P, "push_n", "ok", (1,), 0, 1, 2), left=(1,)),
        "weak full: producer step 1 found no room with at most 1 inside, where 2 are full",
    ),
    "empty too early": (
        history((P, "push", "ok", (1,), 0, 1), (C, "pop", "empty", (), 2, 3), left=(1,)),
        "weak empty: consumer step 1 found no more while at least 1 was inside",
    ),
    "batch out short too early": (
        history((P, "push_n", "ok", (1, 2), 0, 1), (C, "pop_n", "ok", (1,), 2, 3, 2), left=(2,)),
        "weak empty: consumer step 1 found no more while at least 1 was inside",
    ),
    "closed before the close": (
        history((C, "pop", "closed", (), 0, 1), (P, "close", "ok", (), 2, 3)),
        "closed: consumer step 1 answered closed before anybody closed",
    ),
    "closed by nobody": (
        history((C, "pop", "closed", (), 0, 1), ordered=False),
        "closed: consumer step 1 answered closed before anybody closed",
    ),
    "closed too early": (
        history(
            (P, "push", "ok", (1,), 0, 1),
            (P, "close", "ok", (), 2, 3),
            (C, "pop", "closed", (), 1, 5),
            left=(1,),
            ordered=False,
        ),
        "closed: consumer step 1 answered closed while 1, put in before the close, was inside",
    ),
    "push after close": (
        history((P, "close", "ok", (), 0, 1), (P, "push", "ok", (1,), 2, 3), left=(1,), ordered=False),
        "closed: producer step 2 answered ok after the close had ended",
    ),
    "empty after close": (
        history((X, "close", "ok", (), 0, 1), (C, "pop", "empty", (), 2, 3)),
        "closed: consumer step 1 answered empty after the close had ended",
    ),
    "corrupt": (
        history((C, "pop", "corrupt", (), 0, 1)),
        "corrupt: consumer step 1 found the queue's bytes contradicting each other",
    ),
}


def test_a_history_without_fault_is_passed():
    assert judge(GOOD) is None


@pytest.mark.parametrize("name", BAD)
def test_the_fault_is_found_and_said(name):
    bad, sentence = BAD[name]
    assert str(judge(bad)) == sentence


@pytest.mark.parametrize("name", BAD)
def test_the_picture_marks_the_evidence(name):
    bad, sentence = BAD[name]
    picture = draw(bad, judge(bad))
    assert sentence in picture
    assert picture.count("\n") < 20
    if judge(bad).events:
        assert "* " in picture


def test_every_judge_has_a_fault_that_only_it_names():
    rules = {judge(bad).rule for bad, _ in BAD.values()}
    assert len(rules) == len(JUDGES)


def test_rules_about_time_are_silent_where_stamps_are_no_bounds():
    early = history((P, "push", "ok", (1,), 0, 1), (C, "pop", "empty", (), 2, 3), left=(1,), ordered=False)
    assert judge(early) is None


def test_an_order_that_the_specification_allows_is_found():
    assert sequential_order(GOOD, BoundedQueue(2)) is not None


@pytest.mark.parametrize("name", ["lost", "twice", "order", "full too early", "empty too early", "closed too early"])
def test_no_order_explains_a_faulty_history(name):
    assert sequential_order(BAD[name][0], BoundedQueue(2)) is None


STORE_BUFFERING = history(
    (P, "push_n", "ok", (1,), 0, 1),
    (P, "push", "ok", (2,), 4, 5),
    (P, "push", "full", (), 6, 7),
    (C, "pop", "ok", (1,), 4, 5),
    (C, "pop", "empty", (), 6, 7),
    left=(2,),
)


def test_full_and_empty_at_once_have_no_sequential_explanation():
    assert sequential_order(STORE_BUFFERING, BoundedQueue(2), real_time=False) is None


def test_real_time_forbids_what_program_order_allows():
    late = history((P, "push", "ok", (1,), 0, 1), (C, "pop", "empty", (), 2, 3), left=(1,))
    assert sequential_order(late, BoundedQueue(1)) is None
    assert sequential_order(late, BoundedQueue(1), real_time=False) is not None
