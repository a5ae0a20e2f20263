"""Judges of histories: each takes a `History` and returns the shortest evidence against it, or None.

The rules hold for any queue that is first in, first out for each pair of one putting and one taking thread; with one
producer and one consumer `fifo` is total. Rules about time use stamps as bounds and are silent where they aren't
(`History.ordered`). They are the *weak* rules: a FULL is justified if the queue may have looked full at some moment of
the call to one who sees a pop only when it has ended, an EMPTY likewise. All are pure functions, safe from any thread.

Source: Herlihy and Wing, "Linearizability", TOPLAS 12(3), 1990; bounds in the manner of Gibbons and Korach,
"Testing shared memories", SIAM J. Comput. 26(4), 1997.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lockfree.testing.history import TORN, Event, History, show_item
from lockfree.testing.program import PUTS, TAKES


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken rule: its name, one sentence, and the events that prove it."""

    rule: str
    sentence: str
    events: tuple[Event, ...] = ()

    def __str__(self) -> str:
        """Show rule and sentence."""
        return f"{self.rule}: {self.sentence}"


def exactly_once(history: History) -> Finding | None:
    """No item comes out that was not put in, and none comes out twice."""
    put = {item: event for event in history.puts() for item in event.items}
    budget = Counter(item for event in history.puts() for item in event.items)
    first: dict[int, str] = {}
    for where, item, events in _came_out(history):
        if item not in budget:
            what = "a torn item" if item == TORN else f"{show_item(item)}, which was never put in"
            return Finding("exactly once", f"{where} took {what}", events)
        budget[item] -= 1
        if budget[item] < 0:
            proof = (put[item], *events)
            return Finding("exactly once", f"{show_item(item)} came out twice: {first[item]}, then {where}", proof)
        first[item] = where
    return None


def conserved(history: History) -> Finding | None:
    """Every item put in came out or is left, and the queue's own count says the same."""
    if not history.whole:
        return None
    out = Counter(item for _, item, _ in _came_out(history))
    for event in history.puts():
        for item in event.items:
            out[item] -= 1
            if out[item] < 0:
                sentence = f"{show_item(item)}, put in by {event.who}, neither came out nor is left"
                return Finding("conservation", sentence, (event,))
    if history.count_left is not None and history.count_left != len(history.left):
        sentence = f"the queue said that it held {history.count_left}, and {len(history.left)} came out of it"
        return Finding("conservation", sentence)
    return None


def fifo(history: History) -> Finding | None:
    """Items of one putting thread come out to one taking thread in the order in which they went in."""
    puts = sorted(history.puts(), key=lambda e: (e.thread, e.step))
    order = [(event, item) for event in puts for item in event.items]
    taken = _taken_in_order(history)
    if len({e.thread for e in puts}) <= 1 and len({thread for thread, *_ in taken}) <= 1:
        for (source, item), (_, where, got, events) in zip(order, taken, strict=False):
            if item != got:
                sentence = f"{where} took {show_item(got)} where {show_item(item)} ({source.who}) was next"
                return Finding("first in, first out", sentence, (source, *events))
        return None
    place = {item: (event.thread, rank) for rank, (event, item) in enumerate(order)}
    last: dict[tuple[int, int], tuple[int, int, str]] = {}
    for thread, where, item, events in taken:
        source_thread, rank = place.get(item, (-1, -1))
        before = last.get((source_thread, thread))
        if before is not None and before[0] > rank:
            sentence = f"{show_item(before[1])} ({before[2]}) came out before {show_item(item)} ({where}), put in first"
            return Finding("first in, first out", sentence, events)
        last[source_thread, thread] = (rank, item, where)
    return None


def never_overfull(history: History) -> Finding | None:
    """No moment holds more items than fit."""
    if history.most is None or not history.ordered:
        return None
    puts, takes = history.puts(), history.takes()
    for event in puts:
        inside = _items(e for e in puts if e.end <= event.end) - _items(e for e in takes if e.begin <= event.end)
        if inside > history.most:
            sentence = f"after {event.who} at least {inside} items were inside, and {history.most} fit"
            return Finding("capacity", sentence, (event,))
    return None


def nothing_from_the_future(history: History) -> Finding | None:
    """No item comes out before the call that put it in has begun."""
    if not history.ordered:
        return None
    puts = history.puts()
    begun = {item: event for event in reversed(puts) for item in event.items}  # of equal items the first
    for event in history.takes():
        for item in event.items:
            source = begun.get(item)
            if source is not None and event.end < source.begin:
                sentence = f"{event.who} took {show_item(item)} before {source.who} began to put it in"
                return Finding("causality", sentence, (event, source))
    return None


def full_is_justified(history: History) -> Finding | None:
    """Whoever was refused for want of room could have seen a full queue."""
    if history.full_from is None or not history.ordered:
        return None
    puts, takes, closes = history.puts(), history.takes(), history.closes()
    for event in history.events:
        if not _was_full(event) or (event.answer == "refused" and any(c.begin <= event.end for c in closes)):
            continue
        inside = _items(e for e in puts if e.begin <= event.end) - _items(e for e in takes if e.end < event.begin)
        if inside < history.full_from:
            sentence = f"{event.who} found no room with at most {inside} inside, where {history.full_from} are full"
            return Finding("weak full", sentence, (event,))
    return None


def empty_is_justified(history: History) -> Finding | None:
    """Whoever found nothing could have seen an empty queue."""
    if not history.ordered:
        return None
    puts, takes = history.puts(), history.takes()
    for event in history.events:
        if not _was_empty(event):
            continue
        inside = _items(e for e in puts if e.end < event.begin) - _items(
            e for e in takes if e.begin <= event.end and e is not event
        )
        inside -= len(event.items)
        if inside > 0:
            sentence = f"{event.who} found no more while at least {inside} {'was' if inside == 1 else 'were'} inside"
            return Finding("weak empty", sentence, (event,))
    return None


def closed_is_final(history: History) -> Finding | None:
    """CLOSED comes after a close began, and to a taker after all that was put in before; then nothing else comes."""
    closes = history.closes()
    first_begin = min((c.begin for c in closes), default=None)
    first_end = min((c.end for c in closes), default=None)
    for event in sorted(history.events, key=lambda e: e.end):
        if event.answer == "closed" and (first_begin is None or (history.ordered and event.end < first_begin)):
            return Finding("closed", f"{event.who} answered closed before anybody closed", (event,))
        own = any(c.thread == event.thread and c.step < event.step for c in closes)
        after = own or (history.ordered and first_end is not None and first_end < event.begin)
        if after and event.call in PUTS and (event.items or event.answer == "full"):
            sentence = f"{event.who} answered {event.answer} after the close had ended"
            return Finding("closed", sentence, (*closes[:1], event))
        if after and event.call in TAKES and event.answer == "empty":
            return Finding("closed", f"{event.who} answered empty after the close had ended", (*closes[:1], event))
        if event.answer == "closed" and event.call in TAKES:
            found = _closed_too_early(history, event, closes)
            if found is not None:
                return found
    return None


def not_corrupt(history: History) -> Finding | None:
    """The structure never says that its own bytes contradict each other."""
    for event in history.events:
        if event.answer == "corrupt":
            return Finding("corrupt", f"{event.who} found the queue's bytes contradicting each other", (event,))
    return None


def executed_well(history: History) -> Finding | None:
    """The executor found nothing wrong itself: no data race, no assertion, an order that explains every answer."""
    return Finding("checked", history.defect) if history.defect else None


JUDGES: tuple[Callable[[History], Finding | None], ...] = (
    not_corrupt,
    exactly_once,
    conserved,
    fifo,
    closed_is_final,
    never_overfull,
    nothing_from_the_future,
    full_is_justified,
    empty_is_justified,
    executed_well,
)
"""All judges of this module, those with the plainest evidence first."""


def judge(history: History, judges: Iterable[Callable[[History], Finding | None]] = JUDGES) -> Finding | None:
    """Return the first judge's finding that has one, or None for a history without fault. Quadratic in events."""
    for rule in judges:
        found = rule(history)
        if found is not None:
            return found
    return None


def _items(events: Iterable[Event]) -> int:
    return sum(len(event.items) for event in events)


def _was_full(event: Event) -> bool:
    """Every call that puts tells of a full queue by putting less; of a reserved span the edge may be the reason."""
    if event.call == "push_n":
        return event.answer in {"full", "refused", "ok"} and len(event.items) < event.asked
    return event.call in {*PUTS, "abort"} and event.answer in {"full", "refused"}


def _was_empty(event: Event) -> bool:
    if event.call == "pop_n":
        return event.answer in {"empty", "refused", "ok"} and len(event.items) < event.asked
    return event.call in {*TAKES, "peek_keep"} and event.answer in {"empty", "refused"}


def _closed_too_early(history: History, event: Event, closes: list[Event]) -> Finding | None:
    """Items put in before a close, in the closer's own order or in time, come out before CLOSED does.

    Only what this taker, the only one, took later or left behind is evidence.
    """
    if len({e.thread for e in history.events if e.call in TAKES}) != 1:
        return None
    later = {item for take in history.takes() if take.step > event.step for item in take.items} | set(history.left)
    for put in history.puts():
        settled = all(
            (put.thread == c.thread and put.step < c.step) or (history.ordered and put.end < c.begin) for c in closes
        )
        late = [item for item in put.items if item in later]
        if settled and late:
            sentence = f"{event.who} answered closed while {show_item(late[0])}, put in before the close, was inside"
            return Finding("closed", sentence, (put, *closes[:1], event))
    return None


def _came_out(history: History) -> list[tuple[str, int, tuple[Event, ...]]]:
    out = [(f"{event.who} ({event.call})", item, (event,)) for event in history.takes() for item in event.items]
    return out + [("the emptying at the end", item, ()) for item in history.left]


def _taken_in_order(history: History) -> list[tuple[int, str, int, tuple[Event, ...]]]:
    """Each taker's items in its own order, then, to every taker, what was left."""
    takes = sorted(history.takes(), key=lambda e: (e.thread, e.step))
    taken = [(e.thread, e.who, item, (e,)) for e in takes for item in e.items]
    takers = {e.thread for e in takes} or {-1}
    left = [(taker, "left at the end", item, tuple[Event, ...]()) for taker in sorted(takers) for item in history.left]
    return taken + left
