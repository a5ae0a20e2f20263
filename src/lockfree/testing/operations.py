"""What the checker's runner writes down of a program, as operations to be judged and as events to be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lockfree.check.histories import Operation, intervals
from lockfree.testing.history import TORN, UNWRITTEN, Event, History
from lockfree.testing.program import PUTS, TAKES, Program, Step
from lockfree.testing.queue_spec import Offer

__all__ = ["as_history", "operations"]

_A_WORD = 4
_TORN, _UNWRITTEN = 0xFFFF, 0xFFFE


def items_of(word: int) -> tuple[int, ...]:
    """Return the items that an operation's value holds: `word_of` in executor/checked.c."""
    codes = [word >> 16 * i & 0xFFFF for i in range(_A_WORD)]
    known = {_TORN: TORN, _UNWRITTEN: UNWRITTEN}
    return tuple(known.get(code, code & 0xFF | ((code >> 8) - 1) << 32) for code in codes if code)


def operations(program: Program, raw: Sequence[Operation], *, ring: bool) -> tuple[Operation, ...]:
    """Return the operations of one history with their items, in the order of `raw`.

    Operations called `more` are part of the one before them. Thread 0 is main, 1 the producer, 2 the consumer.
    """
    kept = [index for index, operation in enumerate(raw) if operation.operation != "more"]
    place = {old: new for new, old in enumerate(kept)}
    made: list[Operation] = []
    steps = [0] * (len(program.threads) + 1)
    for index in kept:
        operation = raw[index]
        words = [operation.value or 0]
        for later in raw[index + 1 :]:
            if later.operation != "more" or later.thread != operation.thread:
                break
            words.append(later.value or 0)
        items = tuple(item for word in words for item in items_of(word))
        after = frozenset(place[other] for other in operation.after if other in place)
        made.append(_with_items(program, replace(operation, after=after), items, steps, ring=ring))
    return tuple(made)


def _with_items(
    program: Program, operation: Operation, items: tuple[int, ...], steps: list[int], *, ring: bool
) -> Operation:
    """Put the items where the specification looks for them."""
    name = operation.operation
    if name == "count":
        return replace(operation, argument=None)
    if name in PUTS or name == "abort":
        if operation.pending:
            step = program.threads[operation.thread - 1][steps[operation.thread]]
            items = _candidates(step, operation.argument, ring=ring)
        steps[operation.thread] += 1
        return replace(operation, argument=Offer(items), value=None)
    steps[operation.thread] += 1
    return replace(operation, argument=None, value=items)


def _candidates(step: Step, offered: int, *, ring: bool) -> tuple[int, ...]:
    """Return what a putting call that never ended may have put in: its items are the next numbers."""
    count = {"push": 1, "push_n": step.n, "abort": 0}.get(step.call, min(step.keep, step.n) if ring else 1)
    if ring:
        return tuple(range(offered + 1, offered + count + 1))
    size = step.size // step.keep if step.call == "reserve" else step.size
    return tuple(((offered + i) % 255 + 1 if size else 0) | size << 32 for i in range(count))


def as_history(history: Sequence[Operation], *, full_from: int, most: int | None) -> History:
    """Return the operations as events; stamps say who was before whom where times can say that.

    Of the calls that never ended only those are events whose items came out.
    """
    spans = intervals(history)
    whole = not any(operation.pending for operation in history)
    if spans is None:
        spans = [(2 * len(operation.after), 2 * len(operation.after) + 1) for operation in history]
        ordered = False
    else:
        ordered = whole
    events: list[Event] = []
    left: tuple[int, ...] = ()
    count_left = None
    steps: dict[int, int] = {}
    out = {item for operation in history if operation.operation in TAKES for item in operation.value}
    for operation, (begin, end) in zip(history, spans, strict=True):
        if operation.operation == "left":
            left = operation.value
        elif operation.operation == "count":
            count_left = operation.value
        elif not operation.pending or (operation.operation in PUTS and not out.isdisjoint(operation.argument.items)):
            events.append(_event(operation, steps, begin, end))
    return History(
        tuple(events),
        left=left,
        count_left=count_left if most is not None else None,
        full_from=full_from,
        most=most,
        ordered=ordered,
        whole=whole,
    )


def _event(operation: Operation, steps: dict[int, int], begin: int, end: int) -> Event:
    inside = operation.thread == 0  # put in before the start: the producer's step 0
    number = 0 if inside else steps.get(operation.thread, 0) + 1
    steps[operation.thread] = number
    name = operation.operation
    items = operation.argument.items if name in PUTS else operation.value if name in TAKES else ()
    return Event(
        thread=max(operation.thread - 1, 0),
        step=number,
        call=name,
        answer=operation.answer if not operation.pending else "never answered",
        items=items,
        begin=begin,
        end=end,
    )
