"""The failing execution as a partial order: who comes before whom, and by which read that was told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from lockfree.check.result import Event

__all__ = ["ACCESSES", "Link", "Trace"]

ACCESSES = frozenset({"load", "store", "update", "cas-failed"})
_READS = frozenset({"load", "update", "cas-failed"})
_WRITES = frozenset({"store", "update"})
_RELEASES = frozenset({"release", "acq_rel", "seq_cst"})
_ACQUIRES = frozenset({"acquire", "acq_rel", "seq_cst", "consume"})


@dataclass(frozen=True, slots=True)
class Link:
    """A read of one thread that saw a store of another, and what it lacks to be an order between the two.

    releases: the store is a release, or a release fence stands between `since` and it. acquires: likewise the load.
    """

    store: Event
    load: Event
    releases: bool
    acquires: bool


class Trace:
    """Events by id, by thread, and their happens-before."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = tuple(events)
        self.by_id = {event.id: event for event in events}
        self.threads: dict[int, list[Event]] = defaultdict(list)
        self.position = {event.id: place for place, event in enumerate(events)}
        self._before: dict[int, int] = {}  # id -> bits of the positions that happen before it
        created: dict[int, Event] = {}
        ended: dict[int, Event] = {}
        for event in events:
            bits = 0
            line = self.threads[event.thread]
            earlier = [line[-1]] if line else []
            earlier += [self.by_id[other] for other in event.synchronizes_with if other in self.by_id]
            if not line and event.thread in created:
                earlier.append(created[event.thread])
            if event.kind == "join" and event.child in ended:
                earlier.append(ended[event.child])
            for other in earlier:
                bits |= self._before.get(other.id, 0) | 1 << self.position[other.id]
            self._before[event.id] = bits
            line.append(event)
            if event.kind == "create" and event.child is not None:
                created[event.child] = event
            ended[event.thread] = event

    def happens_before(self, first: Event, second: Event) -> bool:
        """Whether the order of the program and what acquires saw of releases put `first` before `second`."""
        return bool(self._before[second.id] >> self.position[first.id] & 1)

    def comes_before(self, first: Event, second: Event) -> bool:
        """Whether both are of one thread and `first` is the earlier one."""
        return first.thread == second.thread and self.position[first.id] < self.position[second.id]

    def links(self, since: Event, until: Event) -> list[Link]:
        """The reads before `until` in its thread that saw `since`, or what its thread wrote after it, latest first."""
        found = []
        for load in reversed(self.threads[until.thread]):
            if load.kind not in _READS or not self.comes_before(load, until):
                continue
            store = self._origin(load, since.thread)
            if store is not None and (store is since or self.comes_before(since, store)):
                found.append(
                    Link(
                        store,
                        load,
                        releases=store.order in _RELEASES or self._fenced(since, store, _RELEASES),
                        acquires=_acquires(load) or self._fenced(load, until, _ACQUIRES),
                    )
                )
        return found

    def reads_of(self, event: Event) -> list[Event]:
        """The reads of a thread after `event`, in order."""
        return [
            other for other in self.threads[event.thread] if other.kind in _READS and self.comes_before(event, other)
        ]

    def writes_before(self, event: Event) -> list[Event]:
        """The stores of a thread before `event`, latest first."""
        line = [other for other in self.threads[event.thread] if other.kind in _WRITES]
        return [other for other in reversed(line) if self.comes_before(other, event)]

    def missed(self, load: Event) -> list[Event]:
        """The stores that had overwritten what a stale load read, oldest first."""
        read = self.source(load)
        since = self.position[read.id] if read is not None else -1
        between = self.events[since + 1 : self.position[load.id]]
        return [other for other in between if other.kind in _WRITES and other.address == load.address]

    def source(self, load: Event) -> Event | None:
        """The store that a load read; None: the initial value."""
        return self.by_id.get(load.reads_from) if isinstance(load.reads_from, int) else None

    def _origin(self, load: Event, thread: int) -> Event | None:
        """The store of `thread` that the load saw, itself or through read-modify-writes of others."""
        store = self.source(load)
        while store is not None and store.thread != thread:
            if store.kind != "update":
                return None
            store = self.source(store)
        return store

    def _fenced(self, after: Event, before: Event, orders: frozenset[str]) -> bool:
        return any(
            fence.kind == "fence" and fence.order in orders
            for fence in self.threads[before.thread]
            if self.comes_before(after, fence) and self.comes_before(fence, before)
        )


def _acquires(load: Event) -> bool:
    return (load.failure if load.kind == "cas-failed" and load.failure else load.order) in _ACQUIRES
