"""The search agrees with the definition and with the aspects; parts are judged apart; a refutation says why."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lockfree.check.aspects import broken_aspect, have_aspects
from lockfree.check.histories import Operation, from_json, intervals, timed
from lockfree.check.linearizability import Refutation, UndecidedError, linearize, parts, refute
from lockfree.check.specs import (
    FifoSpec,
    LatestSpec,
    MapSpec,
    ModelSpec,
    RegisterSpec,
    SetSpec,
    StackSpec,
    UnknownOperationError,
)
from tests.check.histories import closing_calls, doubtful, explained, history, queue_calls
from tests.check.oracle import linearizable

FEW = settings(max_examples=300, deadline=None, derandomize=True, database=None)


class Counter:
    def __init__(self):
        self.count = 0

    def add(self):
        self.count += 1
        return self.count


def register_calls(index):
    return st.sampled_from(
        [("write", index), ("read", None), ("add", 1), ("swap", -index), ("cas", (0, index)), ("cas", (1, 0))]
    )


def set_calls(index):
    return st.tuples(st.sampled_from(["add", "remove", "contains"]), st.integers(0, 2))


def map_calls(index):
    return st.sampled_from([("put", (0, index)), ("put", (1, index)), ("get", 0), ("get", 1), ("remove", 0)])


KINDS = ("strict", "weak", "in_turn")
SPECS = {
    **{f"fifo {f} {e}": (FifoSpec(2, full=f, empty=e), closing_calls) for f in KINDS for e in KINDS},
    "fifo blocking": (FifoSpec(1, blocking=True), closing_calls),
    "fifo busy": (FifoSpec(1, busy=True), queue_calls),
    "stack": (StackSpec(2), queue_calls),
    "register": (RegisterSpec(0), register_calls),
    "latest": (LatestSpec(), lambda i: st.sampled_from([("write", i), ("read", None)])),
    "set": (SetSpec(), set_calls),
    "map": (MapSpec(), map_calls),
    "model": (ModelSpec(Counter), lambda _: st.just(("add", None))),
}


@pytest.mark.parametrize("name", SPECS)
def test_what_the_specification_did_is_explained(name):
    spec, calls = SPECS[name]

    @FEW
    @given(explained(spec, calls))
    def run(drawn):
        assert refute(history(drawn), spec) is None

    run()


@pytest.mark.parametrize("name", SPECS)
def test_search_agrees_with_the_definition(name):
    spec, calls = SPECS[name]
    seen = set()

    @FEW
    @given(doubtful(spec, calls, most=5))
    def run(drawn):
        told = history(drawn)
        expected = linearizable(told, spec)
        seen.add(expected)
        assert (refute(told, spec) is None) == expected
        assert isinstance(linearize(told, spec), tuple) == expected

    run()
    assert seen == {True, False}


def test_aspects_agree_with_search():
    spec, seen = FifoSpec(), []

    @settings(FEW, max_examples=3000)
    @given(doubtful(spec, queue_calls, most=10, threads=4))
    @example(([Operation(0, "pop", None, "ok", 1), Operation(1, "push", 1)], [(0, 1), (2, 3)]))
    @example(([Operation(0, "pop", None, "ok", 1)], [(0, 1)]))
    def run(drawn):
        told = history(drawn)
        if have_aspects(told, spec):
            sentence = broken_aspect(told)
            seen.append(sentence and " ".join(w for w in sentence.split() if w.isalpha()))
            assert (sentence is None) == isinstance(linearize(told, spec), tuple), sentence

    run()
    assert seen.count(None) > 300
    assert len(seen) - seen.count(None) > 200
    for word in ("never pushed", "before its", "times", "still inside", "came out after", "something was inside"):
        assert any(s and word in s for s in seen), word


def test_intervals_say_the_same_as_the_sets():
    @FEW
    @given(explained(FifoSpec(), queue_calls, most=10))
    def run(drawn):
        told = history(drawn)
        spans = intervals(told)
        again = timed(told, spans)
        assert [o.after for o in again] == [o.after for o in told]

    run()


def test_two_independent_pairs_are_no_intervals_and_are_searched():
    pairs = [
        Operation(0, "push", 1),
        Operation(0, "push", 2, after=frozenset({0})),
        Operation(1, "push", 3),
        Operation(1, "push", 4, after=frozenset({2})),
    ]
    assert intervals(pairs) is None
    assert not have_aspects(pairs, FifoSpec())
    with pytest.raises(ValueError, match="search it"):
        broken_aspect(pairs)
    # No two values contradict each other; all four do: 1, 2, 3, 4 in pairs, popped 2 before 3 and 4 before 1.
    pops = [Operation(2, "pop", None, "ok", v) for v in (2, 3, 4, 1)]
    told = [*pairs, pops[0], after(pops[1], 4), after(pops[2]), after(pops[3], 6)]
    assert refute(told, FifoSpec()) is not None


def after(operation, *indices):
    return Operation(
        operation.thread, operation.operation, operation.argument, operation.answer, operation.value, frozenset(indices)
    )


# --- weak answers, by the definition in the head of specs/fifo.py ---------------------------------------------------

PUSH_1 = Operation(0, "push", 1)
STALE_FULL = [
    PUSH_1,
    Operation(1, "pop", None, "ok", 1, frozenset({0})),
    Operation(0, "push", 2, "full", None, frozenset({0})),
]
STALE_EMPTY = [PUSH_1, Operation(0, "push", 2, after=frozenset({0})), Operation(1, "pop", None, "empty")]
STORE_BUFFERING = [
    PUSH_1,
    Operation(0, "push", 2, after=frozenset({0})),
    Operation(0, "push", 3, "full", None, frozenset({0, 1})),
    Operation(1, "pop", None, "ok", 1, frozenset({0})),
    Operation(1, "pop", None, "empty", None, frozenset({0, 3})),
]


def known(told, index, *indices):
    return [*told[:index], after(told[index], *told[index].after, *indices), *told[index + 1 :]]


def test_store_buffering_is_weak_in_either_answer_and_not_strict():
    assert refute(STORE_BUFFERING, FifoSpec(2)) is not None
    assert refute(STORE_BUFFERING, FifoSpec(2, full="weak")) is None
    assert refute(STORE_BUFFERING, FifoSpec(2, empty="weak")) is None


@pytest.mark.parametrize("kind", ["weak", "in_turn"])
def test_what_is_known_is_no_excuse(kind):
    full, empty = FifoSpec(1, full=kind), FifoSpec(2, empty=kind)
    assert refute(STALE_FULL, full) is None
    assert refute(known(STALE_FULL, 2, 1), full) is not None
    assert refute(STALE_EMPTY, empty) is None
    assert refute(known(STALE_EMPTY, 2, 0), empty) is not None


def test_a_stopped_push_hides_a_later_one_only_in_turn():
    """A stands between claim and publish, B has ended, and the pop knows B: Vyukov's ring answers EMPTY."""
    told = [
        Operation(0, "push", 1, pending=True),
        Operation(1, "push", 2),
        Operation(1, "pop", None, "empty", None, frozenset({1})),
    ]
    assert refute(told, FifoSpec(2, empty="weak")) is not None
    assert refute(told, FifoSpec(2, empty="in_turn")) is None


def test_a_stopped_pop_hides_a_later_one_only_in_turn():
    two = [Operation(0, "push", 1), Operation(0, "push", 2, after=frozenset({0}))]
    told = [
        *two,
        Operation(1, "pop", None, "ok", 1, frozenset({0, 1}), pending=True),
        Operation(0, "pop", None, "ok", 2, frozenset({0, 1})),
        Operation(0, "push", 3, "full", None, frozenset({0, 1, 3})),
    ]
    assert refute(told, FifoSpec(2, full="weak")) is not None
    assert refute(told, FifoSpec(2, full="in_turn")) is None


def test_a_slot_held_by_an_old_pop_counts_for_weak_full():
    """SCQ: the first of two slots is held for long, while the other goes round; with something in that one, FULL."""
    told = [Operation(0, "push", 1), Operation(1, "pop", None, "ok", 1, frozenset({0}), pending=True)]
    for value in (2, 3, 4):
        everything = frozenset(range(len(told))) - {1}
        told.append(Operation(0, "push", value, after=everything))
        told.append(Operation(0, "pop", None, "ok", value, everything | {len(told) - 1}))
    everything = frozenset(range(len(told))) - {1}
    told.append(Operation(0, "push", 5, after=everything))
    told.append(Operation(0, "push", 6, "full", after=everything | {len(told) - 1}))
    assert refute(told, FifoSpec(2, full="weak")) is None
    assert refute(told, FifoSpec(2)) is not None


def test_busy_needs_a_write_beside():
    read = Operation(1, "read", None, "busy")
    assert refute([Operation(0, "write", 1), read], LatestSpec()) is None
    assert refute([Operation(0, "write", 1), after(read, 0)], LatestSpec()) is not None
    assert refute([Operation(0, "write", 1), after(read, 0), Operation(2, "read", None, "ok", 1)], LatestSpec())


# --- pending, quiescent, parts, refutations -------------------------------------------------------------------------


def test_a_pending_operation_may_have_taken_effect_or_not():
    push = Operation(0, "push", 1, pending=True)
    assert refute([push, Operation(1, "pop", None, "ok", 1)], FifoSpec()) is None
    assert refute([push, Operation(1, "pop", None, "empty")], FifoSpec()) is None
    assert refute([push, Operation(1, "pop", None, "ok", 2)], FifoSpec()) is not None


def test_who_waits_for_ever_must_have_to():
    spec = FifoSpec(1, blocking=True)
    waiting = Operation(0, "pop", pending=True)
    assert refute([waiting], spec, quiescent=True) is None
    lost = refute([waiting, Operation(1, "push", 1)], spec, quiescent=True)
    assert str(lost) == (
        "not linearizable: thread 0's pop waits for ever, and need not\n"
        "the longest order that the specification allows:\n"
        "    thread 1  push 1 → ok\n"
        "then (inside: 1):\n"
        "    thread 0  pop → …: waits for ever, where the specification answers 1"
    )
    assert refute([waiting, Operation(1, "push", 1)], spec) is None


def test_independent_keys_are_judged_apart():
    told = [Operation(t, "add", key, "ok", True) for t in range(4) for key in range(10 * t, 10 * t + 8)]
    assert len(parts(told, SetSpec())) == 32
    assert refute(told, SetSpec(), visits=64) is None
    with pytest.raises(UndecidedError, match="32 operations"):
        refute([*told[:31], Operation(0, "size", None, "ok", 3)], SetSpec(), visits=64)
    wrong = refute([*told, Operation(0, "add", 3, "ok", True)], SetSpec())
    assert [o.argument for o in wrong.history] == [3, 3]


def test_long_histories_of_few_threads_are_searched_without_recursion():
    told = timed(
        [Operation(i % 2, "push" if i % 2 == 0 else "pop", *((i, "ok", None) if i % 2 == 0 else (None, "ok", i - 1)))
         for i in range(1200)],
        [(i, i + 1.5) for i in range(1200)],
    )  # fmt: skip
    assert refute(told, FifoSpec()) is None
    assert isinstance(linearize(told, FifoSpec(1300)), tuple)


def test_a_refutation_says_how_far_it_came_and_why_no_further():
    told = timed(
        [Operation(0, "push", 1), Operation(1, "push", 2), Operation(0, "pop", None, "ok", 2)], [(0, 1), (2, 3), (4, 5)]
    )
    assert str(refute(told, FifoSpec())) == "not linearizable: 2 came out, and 1, pushed before it, is still inside"
    found = linearize(told, FifoSpec())
    assert isinstance(found, Refutation)
    assert str(found) == (
        "not linearizable: no order explains all\n"
        "the longest order that the specification allows:\n"
        "    thread 0  push 1 → ok\n"
        "    thread 1  push 2 → ok\n"
        "then (inside: 1 2):\n"
        "    thread 0  pop → 2: the specification answers 1"
    )


def test_unknown_operations_are_named_with_the_known():
    with pytest.raises(UnknownOperationError, match="FifoSpec knows push, pop, close; not 'steal'"):
        refute([Operation(0, "steal")], FifoSpec())
    with pytest.raises(ValueError, match="strict, weak, in_turn"):
        FifoSpec(full="mostly")


def test_the_runners_histories_are_read():
    told = from_json(
        [
            {
                "thread": 1,
                "operation": "push",
                "argument": 5,
                "answer": "ok",
                "value": 0,
                "after": [],
                "pending": False,
            },
            {
                "thread": 2,
                "operation": "pop",
                "argument": 0,
                "answer": "ok",
                "value": 5,
                "after": [0],
                "pending": False,
            },
            {
                "thread": 2,
                "operation": "pop",
                "argument": 0,
                "answer": "",
                "value": 0,
                "after": [0, 1],
                "pending": True,
            },
        ]
    )
    assert refute(told, FifoSpec(1)) is None
    assert refute(told[1:], FifoSpec(1)) is not None
