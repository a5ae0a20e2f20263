"""The failing execution as a story: one step a row, what it did, from where it read, and why that is allowed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lockfree.check.names import Names
from lockfree.check.relevant import access_of, relevant
from lockfree.check.result import Event, Result
from lockfree.check.symbols import Frame, Symbols
from lockfree.check.trace import Trace
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
    shown = relevant(trace, result)
    numbers = {event.id: place for place, event in enumerate(shown, 1)}
    columns = sorted({event.thread for event in shown})

    def number(event: Event) -> str:
        return f"#{numbers[event.id]}" if event.id in numbers else (names.place(event) or f"event {event.id}")

    rival = {event.races_with for event in shown if event.races_with is not None}
    steps = tuple(
        Step(
            number=numbers[event.id],
            column=columns.index(event.thread),
            frame=names.frame(event),
            source=names.source(event),
            did=_did(event, trace, names, number),
            mark=_mark(event, rival, trace),
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
    same = said.startswith((result.verdict, result.verdict.replace("-", " ")))
    return said if same else f"{result.verdict}: {said}" if said else result.verdict


def _headline(result: Result, trace: Trace, names: Names) -> str:
    """Of a race, what is raced on and where, in the program's words; else what the runner says."""
    for event in trace.events:
        rival = trace.by_id.get(event.races_with) if event.races_with is not None else None
        if result.verdict == "race" and rival is not None:
            one, other = (f"{names.place(e)} in {names.thread(e.thread).partition(':')[0]}" for e in (rival, event))
            return f"race: {names.address(rival)} is accessed by {other} and by {one}, and nothing orders the two"
    return headline(result)


def _mark(event: Event, rival: set[int], trace: Trace) -> str:
    if event.races_with is not None or event.kind == "fault" or event is trace.events[-1]:
        return "fault"
    if event.id in rival:
        return "race"
    return "stale" if event.stale else ""


def _did(event: Event, trace: Trace, names: Names, number: Callable[[Event], str]) -> str:
    """A phrase for what the step did."""
    rival = trace.by_id.get(event.races_with) if event.races_with is not None else None
    if rival is not None:
        access = access_of(event, trace)
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
    if event.kind == "invoke":
        return f"{event.text}{f' {value}' if event.value else ''} begins"
    if event.kind == "return":
        return f"→ {event.text}{f' {value}' if event.value else ''}"
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
