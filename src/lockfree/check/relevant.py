"""Which steps of a failing execution have a part in it; the others would only hide those."""

from __future__ import annotations

from lockfree.check.result import Event, Result
from lockfree.check.trace import ACCESSES, Trace

__all__ = ["access_of", "relevant"]

_PLAIN = frozenset({"read", "write"})
_FRAME = frozenset({"create", "start", "exit", "join"})
_MEMORY = frozenset({"malloc", "free"})
_MARKS = frozenset({"invoke", "return"})


def relevant(trace: Trace, result: Result) -> list[Event]:
    """Shared memory, fences, locks, marks, the fault, and whatever these refer to.

    Setting up, joining and looking at the outcome are left out, plain accesses too where no access is at fault.
    """
    faults = [event for event in trace.events if event.kind == "fault"]
    told_by_fault = {access_of(fault, trace).id for fault in faults} - {fault.id for fault in faults}
    first_create = min((trace.position[e.id] for e in trace.events if e.kind == "create"), default=-1)
    last_join = max((trace.position[e.id] for e in trace.events if e.kind == "join"), default=len(trace.events))
    shared = _shared(trace, first_create)
    memory = result.verdict in ("use-after-free", "double-free", "leak")
    others_blocked = any(event.kind == "blocked" and event.address is not None for event in trace.events)
    keep = set()
    for event in trace.events:
        place = trace.position[event.id]
        beside = event.thread != 0 or first_create <= place < last_join or any(fault.thread == 0 for fault in faults)
        if event.races_with is not None or event.kind == "fault":
            keep.add(event.id)
        elif event.kind in _FRAME or event.id in told_by_fault:
            continue
        elif event.kind == "blocked":
            if event.address is not None or not others_blocked:
                keep.add(event.id)
        elif event.kind in _MARKS:
            keep.add(event.id)
        elif event.thread == 0 and (place < first_create or not beside):
            continue
        elif event.kind in _MEMORY:
            if memory:
                keep.add(event.id)
        elif event.kind in _PLAIN:
            if faults and event.address in shared:
                keep.add(event.id)
        elif event.kind != "load" or event.address in shared:
            keep.add(event.id)
    for event in trace.events:
        if event.id in keep and event.kind not in _FRAME:
            keep |= {
                other
                for other in (event.reads_from, event.newest, event.races_with, *event.synchronizes_with)
                if isinstance(other, int) and other in trace.by_id and trace.by_id[other].kind not in _FRAME
            }
    return [event for event in trace.events if event.id in keep]


def access_of(fault: Event, trace: Trace) -> Event:
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
