"""Why the memory model allows the failing execution, in plain words and from the execution itself."""

from __future__ import annotations

from collections.abc import Callable

from lockfree.check.names import Names
from lockfree.check.result import Event, Result
from lockfree.check.trace import Link, Trace

__all__ = ["why"]

_MOST = 4
"""Stale reads that are explained; more would not be read."""


def why(result: Result, trace: Trace, names: Names, number: Callable[[Event], str]) -> tuple[str, ...]:
    """Sentences, most important first. number: what an event is called in the picture (`#4`)."""
    teller = _Teller(trace, names, number)
    said = []
    for event in trace.events:
        other = trace.by_id.get(event.races_with) if event.races_with is not None else None
        if other is not None:
            said.append(teller.race(other, event))
    stale = [event for event in trace.events if event.stale]
    said += [teller.stale(event) for event in stale[:_MOST]]
    if len(stale) > _MOST:
        said.append(f"{len(stale) - _MOST} more reads are older than they could be.")
    if not said and trace.events and result.verdict not in ("crash", "unsupported", "nondeterministic"):
        said.append(
            "Every load read the newest value: an ordinary interleaving of the threads is enough, without weak memory."
        )
    return tuple(said)


class _Teller:
    def __init__(self, trace: Trace, names: Names, number: Callable[[Event], str]) -> None:
        self._trace, self._names, self._number = trace, names, number

    def race(self, first: Event, second: Event) -> str:
        """Why two accesses are unordered."""
        if self._trace.position[first.id] > self._trace.position[second.id]:
            first, second = second, first
        one, two = self._number(first), self._number(second)
        links = self._trace.links(first, second)
        if links:
            return f"Nothing orders {one} before {two}. {self._lack(links[0], first)}"
        early = self._told_too_early(first, second)
        if early is not None:
            store, load = early
            return (
                f"Nothing orders {one} before {two}. {self._thread(second).capitalize()} saw {self._number(store)} "
                f"(by {self._number(load)}), but {self._thread(first)} wrote that before {one}: it says nothing "
                f"of {one}; what is announced must be done first."
            )
        return (
            f"Nothing orders {one} before {two}: {self._thread(second)} has read nothing that "
            f"{self._thread(first)} wrote after {one}, so that it can't know that {one} is over."
        )

    def stale(self, load: Event) -> str:
        """Why a load may read what has been overwritten."""
        newest = self._trace.by_id.get(load.newest) if load.newest is not None else None
        me, what = self._number(load), self._names.address(load)
        if newest is None:
            return f"{me} read an old value of {what}: no order puts the newer stores before it."
        for missed in self._trace.missed(load):
            links = self._trace.links(missed, load)
            if missed.thread != load.thread and links:
                return (
                    f"{me} may still read {what} as it was before {self._number(missed)}, although a later step of "
                    f"{self._thread(missed)} has been seen. {self._lack(links[0], missed)}"
                )
        new = self._number(newest)
        crossed = self._store_buffering(newest, load)
        if crossed is not None:
            theirs, mine = crossed
            return (
                f"Store buffering: {self._thread(newest)} wrote {what} ({new}) and then read "
                f"{self._names.address(theirs)} ({self._number(theirs)}); {self._thread(load)} wrote "
                f"{self._names.address(mine)} ({self._number(mine)}) and then read {what} ({me}); each missed the "
                "other's store, which may wait in its processor's store buffer while the load after it is done. "
                "Release and acquire do not forbid that: it takes a seq_cst fence between the two steps of both "
                "threads, or seq_cst on all four."
            )
        return (
            f"{me} reads {what} as it was before {new}: {self._thread(load)} has read nothing that "
            f"{self._thread(newest)} wrote from {new} on, so that {new} is not ordered before it. A store needs time "
            "to reach the other threads."
        )

    def _lack(self, link: Link, first: Event) -> str:
        """What a read that saw a store after `first` lacks to order `first` before what follows the read."""
        store, load = self._number(link.store), self._number(link.load)
        after = f", which comes after {self._number(first)}" if link.store is not first else ""
        head = f"{load} saw {store}{after}, but that orders nothing: "
        lacks, remedy = [], []
        if not link.releases:
            lacks.append(f"{store} is {_order(link.store)}, so that it may overtake what stands before it")
            remedy.append(f"release at {self._names.place(link.store) or store} (or a release fence before it)")
        if not link.acquires:
            order = link.load.failure if link.load.kind == "cas-failed" and link.load.failure else link.load.order
            lacks.append(f"{load} is {order or 'relaxed'}, so that what stands after it may overtake it")
            remedy.append(f"acquire at {self._names.place(link.load) or load} (or an acquire fence after it)")
        if not lacks:
            return (
                f"{head}between the two another thread wrote without a read-modify-write, which ends the release "
                "sequence."
            )
        return f"{head}{'; '.join(lacks)}. Missing: {' and '.join(remedy)}."

    def _told_too_early(self, first: Event, second: Event) -> tuple[Event, Event] | None:
        for load in reversed(self._trace.threads[second.thread]):
            store = self._trace.source(load)
            if store is None or not self._trace.comes_before(load, second):
                continue
            if store.thread == first.thread and self._trace.comes_before(store, first):
                return store, load
        return None

    def _store_buffering(self, newest: Event, load: Event) -> tuple[Event, Event] | None:
        """The other thread's read after its store, and this thread's store that it missed."""
        for mine in self._trace.writes_before(load):
            for theirs in self._trace.reads_of(newest):
                if theirs.address != mine.address or mine.address == load.address:
                    continue
                missed = (
                    theirs.newest == mine.id
                    if theirs.stale
                    else (self._trace.position[theirs.id] < self._trace.position[mine.id])
                )
                if missed and theirs.reads_from != mine.id:
                    return theirs, mine
        return None

    def _thread(self, event: Event) -> str:
        return self._names.thread(event.thread).partition(":")[0]


def _order(event: Event) -> str:
    return event.order or "plain"
