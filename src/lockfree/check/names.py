"""What to call an address, a value, a thread: by the program's own words where they can be had."""

from __future__ import annotations

import re
from collections import Counter

from lockfree.check.symbols import Frame, Symbols
from lockfree.check.trace import ACCESSES, Trace

from .result import Event

__all__ = ["Names"]

_ARGUMENT = r"&?\s*([A-Za-z_][\w.>\[\]-]*)"
_ATOMICS = (
    re.compile(rf"\b(?:__c11_)?atomic_(?:load|store|exchange|compare_exchange|fetch)\w*\(\s*{_ARGUMENT}\s*[,)]"),
    re.compile(rf"\b__(?:atomic|sync)_\w+\(\s*{_ARGUMENT}\s*[,)]"),
    re.compile(r"\b([A-Za-z_][\w.>\[\]-]*?)(?:\.|->)(?:load|store|exchange|compare_exchange|fetch)\w*\("),
)
_MEMBER = re.compile(r"->|\.")
_SYSTEM = ("/usr/include/", "/usr/lib/", "/usr/local/include/c++/")


class Names:
    """Names for one trace. An address has the name of the global it is in, else what its atomic operations call it."""

    def __init__(self, trace: Trace, symbols: Symbols) -> None:
        self._symbols = symbols
        self._trace = trace
        symbols.load(offset for event in trace.events for offset in (event.offset or 0, *event.stack))
        self._called: dict[int, str] = {}
        for event in trace.events:
            if event.kind in ACCESSES and event.address is not None and event.address not in self._called:
                found = _expression(self.source(event))
                if found and (not event.symbol or "+" in event.symbol or _MEMBER.search(found)):
                    self._called[event.address] = found
        self._twice = {name for name, count in Counter(self._called.values()).items() if count > 1}

    def frame(self, event: Event) -> Frame:
        """The place to show: the innermost one that is not in the system's headers, where there is such a one."""
        chain = self._symbols.chain(event.offset, event.stack)
        return next((frame for frame in chain if frame.file and not frame.file.startswith(_SYSTEM)), chain[0])

    def source(self, event: Event) -> str:
        """The text of that line."""
        return self._symbols.text(self.frame(event))

    def place(self, event: Event) -> str:
        """`file:line`."""
        return self.frame(event).place

    def address(self, event: Event) -> str:
        """What the event accesses."""
        if event.address is None:
            return event.symbol
        called = self._called.get(event.address)
        if called is None:
            return event.symbol or self._block(event) or f"{event.address:#x}"
        if called not in self._twice:
            return called
        return f"{called} of {event.symbol.partition('+')[0] or f'{event.address:#x}'}"

    def thread(self, number: int) -> str:
        """`main`, or the number and function of a thread."""
        if number == 0:
            return "main"
        chains = (self._symbols.chain(event.offset, event.stack) for event in self._trace.threads.get(number, ()))
        functions = max(
            ([frame.function for frame in chain if frame.function] for chain in chains), key=len, default=[]
        )
        return f"thread {number}: {functions[-1]}" if functions else f"thread {number}"

    def value(self, value: int | None, size: int) -> str:
        """A number as a person would write it: small negative ones with their sign, large ones in hexadecimal."""
        if value is None:
            return "?"
        below = (1 << 8 * (size or 8)) - value
        if 0 < below <= 1 << 10 and value >= 1 << 15:
            return f"-{below}"
        return str(value) if value < 1 << 20 else f"{value:#x}"

    def _block(self, event: Event) -> str:
        """Where memory of the heap came from."""
        for other in reversed(self._trace.events):
            if other.kind != "malloc" or other.address is None or event.address is None:
                continue
            inside = event.address - other.address
            if 0 <= inside < max(other.size, 1) and (place := self.place(other)):
                return f"byte {inside} of the block of {place}"
        return ""


def _expression(source: str) -> str:
    """What a line's only atomic operation is applied to."""
    found = {match for pattern in _ATOMICS for match in pattern.findall(source)}
    return found.pop() if len(found) == 1 else ""
