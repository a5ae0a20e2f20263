"""The failing execution as a story: one step a row, what it did, from where it read, and why that is allowed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lockfree.check.names import Names
from lockfree.check.result import Event, Result
from lockfree.check.symbols import Frame, Symbols
from lockfree.check.trace import ACCESSES, Trace
from lockfree.check.why import why

__all__ = ["Step", "Story", "headline", "tell"]

_PLAIN = frozenset({"read", "write"})
_FRAME = frozenset({"create", "start", "exit", "join"})
_MEMORY = frozenset({"malloc", "free"})


@dataclass(frozen=True, slots=True)
class Step:
    """A row. column: index into the story's threads. mark: "fault", "race" (the other access), "stale" or "".

    frame, source: the line of the program, and its text. did: what the step did, as a phrase. reads_from: number of the
    step whose store it read; synchronizes_with: numbers of the releases it saw.
    """

    number: int
    column: int
    frame: Frame
    source: str
    did: str
    mark: str
    event: Event
    reads_from: int | None
    synchronizes_with: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """What is told of one failing execution. folded: steps left out, since they have no part in it."""

    result: Result
    headline: str
    threads: tuple[str, ...]
    steps: tuple[Step, ...]
    folded: int
    why: tuple[str, ...]


def tell(result: Result, symbols: Symbols) -> Story:
    """The story of `result.trace`."""
    trace = Trace(result.trace)
    names = Names(trace, symbols)
    shown = _shown(trace, result)
    numbers = {event.id: place for place, event in enumerate(shown, 1)}
    columns = sorted({event.thread for event in shown})

    def number(event: Event) -> str:
        return f"#{numbers[event.id]}" if event.id in numbers else (names.place(event) or f"event {event.id}")

    rival = {event.races_with for event in shown if event.races_with is not None}
    last = shown[-1].id if shown else None
    steps = tuple(
        Step(
            number=numbers[event.id],
            column=columns.index(event.thread),
            frame=names.frame(event),
            source=names.source(event),
            did=_did(event, trace, names, number),
            mark=_mark(event, rival, last if result.verdict != "ok" else None),
            event=event,
            reads_from=numbers.get(event.reads_from) if isinstance(event.reads_from, int) else None,
            synchronizes_with=tuple(numbers[other] for other in event.synchronizes_with if other in numbers),
        )
        for event in shown
    )
    return Story(
        result=result,
        headline=_headline(result, trace, names),
        threads=tuple(names.thread(thread) for thread in columns),
        steps=steps,
        folded=len(trace.events) - len(shown),
        why=why(result, trace, names, number),
    )


def headline(result: Result) -> str:
    """Verdict and message, the one not twice."""
    said = result.message
    return said if said.startswith(result.verdict) else f"{result.verdict}: {said}" if said else result.verdict


def _headline(result: Result, trace: Trace, names: Names) -> str:
    """Of a race, what is raced on and where, in the program's words; else what the runner says."""
    for event in trace.events:
        rival = trace.by_id.get(event.races_with) if event.races_with is not None else None
        if result.verdict == "race" and rival is not None:
            one, other = (f"{names.place(e)} in {names.thread(e.thread).partition(':')[0]}" for e in (rival, event))
            return f"race: {names.address(rival)} is accessed by {other} and by {one}, and nothing orders the two"
    return headline(result)


def _shown(trace: Trace, result: Result) -> list[Event]:
    """The events with a part in it: shared memory, fences, locks, marks, the fault, and whatever these refer to."""
    first_create = min((trace.position[e.id] for e in trace.events if e.kind == "create"), default=-1)
    shared = _shared(trace, first_create)
    memory = result.verdict in ("use-after-free", "double-free", "leak")
    others_blocked = any(event.kind == "blocked" and event.address is not None for event in trace.events)
    told_by_fault = {_access_of(event, trace).id for event in trace.events if event.kind == "fault"}
    told_by_fault -= {event.id for event in trace.events if event.kind == "fault"}
    keep = set()
    for event in trace.events:
        if event.kind in _FRAME or (event.kind == "blocked" and event.address is None and others_blocked):
            continue
        if event.kind in _MEMORY and not memory:
            continue
        if event.kind in ("read", "write", "load") and event.address not in shared and event.races_with is None:
            continue
        if event.thread == 0 and trace.position[event.id] < first_create and event.races_with is None:
            continue  # the setting up: told where somebody reads it
        if event.id in told_by_fault:
            continue
        keep.add(event.id)
    if trace.events:
        keep.add(trace.events[-1].id)
    for event in list(trace.events):
        if event.id in keep:
            keep |= {
                other
                for other in (event.reads_from, event.newest, event.races_with, *event.synchronizes_with)
                if isinstance(other, int) and other in trace.by_id and trace.by_id[other].kind not in _FRAME
            }
    return [event for event in trace.events if event.id in keep]


def _access_of(fault: Event, trace: Trace) -> Event:
    """What the fault did: the thread's plain access or free before it, at the same place. Else the fault itself."""
    line = trace.threads[fault.thread]
    place = line.index(fault) - 1
    if fault.kind != "fault" or place < 0 or line[place].offset != fault.offset:
        return fault
    return line[place] if line[place].kind in ("read", "write", "free") else fault


def _shared(trace: Trace, since: int) -> set[int | None]:
    """Addresses that two threads touch and somebody writes once there are threads: the others tell nothing."""
    users: dict[int | None, set[int]] = {}
    written = set()
    for event in trace.events:
        if event.kind in _PLAIN | ACCESSES:
            users.setdefault(event.address, set()).add(event.thread)
            if event.kind in ("write", "store", "update") and trace.position[event.id] >= since:
                written.add(event.address)
    return {address for address, threads in users.items() if len(threads) > 1 and address in written}


def _mark(event: Event, rival: set[int], last: int | None) -> str:
    if event.races_with is not None or event.kind == "fault" or event.id == last:
        return "fault"
    if event.id in rival:
        return "race"
    return "stale" if event.stale else ""


def _did(event: Event, trace: Trace, names: Names, number: Callable[[Event], str]) -> str:
    """A phrase for what the step did."""
    rival = trace.by_id.get(event.races_with) if event.races_with is not None else None
    if rival is not None:
        access = _access_of(event, trace)
        said = _did(access, trace, names, number) if access.kind != "fault" else "accesses it"
        return f"{said} — races with {number(rival)}"
    what = names.address(event)
    value = names.value(event.value, event.size)
    order = f" ({event.order})" if event.order else ""
    if event.kind == "load":
        return f"reads {what} = {value}{order}{_from(event, trace, number)}"
    if event.kind == "store":
        return f"writes {what} = {value}{order}"
    if event.kind == "update":
        return f"{what}: {value} → {names.value(event.wrote, event.size)}{order}{_from(event, trace, number)}"
    if event.kind == "cas-failed":
        failure = f" ({event.failure or event.order})"
        return f"compare-exchange of {what} fails: it is {value}{failure}{_from(event, trace, number)}"
    if event.kind == "fence":
        return f"fence{order}"
    if event.kind in _PLAIN:
        verb = "reads" if event.kind == "read" else "writes"
        return f"{verb} {what}" + (f" = {value}" if event.value is not None else "")
    if event.kind in _MEMORY:
        said = f"allocates {event.size} bytes" if event.kind == "malloc" else "frees the block"
        return f"{said} at {event.address:#x}" if event.address is not None else said
    words = {"lock": "locks", "unlock": "unlocks", "wait": "waits on", "wake": "wakes"}.get(event.kind, event.kind)
    if event.text:
        return event.text
    return f"{words} {what}".rstrip()


def _from(event: Event, trace: Trace, number: Callable[[Event], str]) -> str:
    store = trace.source(event)
    said = f", from {number(store)}" if store is not None else ", as it was at the start"
    if event.stale:
        newest = trace.by_id.get(event.newest) if event.newest is not None else None
        said += f": old, {number(newest)} has overwritten it" if newest is not None else ": old"
    return said
