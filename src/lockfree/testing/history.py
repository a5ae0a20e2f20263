"""What happened: one event for each step, with its bounds in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from lockfree.testing.program import PUTS, ROLES, TAKES

TORN = 2**64 - 1
"""An item whose words disagree: it was read while it was being written."""

UNWRITTEN = 0xEEEEEEEEEEEEEEEE
"""What the native executor lays out a queue's memory with: an item that nobody wrote."""


@dataclass(frozen=True, slots=True)
class Event:
    """One finished call.

    `items` went in or came out, in order; `asked` is how many were asked for. `answer` is `ok`, `full`, `empty`,
    `busy`, `closed`, `too_big`, `corrupt`, or `refused` from a call that does not say why nothing went through.
    `begin` and `end` are nanoseconds of one clock for all threads. `held` names the place where the thread was held.
    """

    thread: int
    step: int
    call: str
    answer: str
    items: tuple[int, ...] = ()
    asked: int = 1
    begin: int = 0
    end: int = 0
    held: str = ""

    @property
    def who(self) -> str:
        """Thread and step, as a reader says them."""
        role = ROLES[self.thread] if self.thread < len(ROLES) else f"thread {self.thread}"
        return f"{role} step {self.step}"

    def __str__(self) -> str:
        """Show call, items and answer."""
        if self.call in PUTS and self.items:
            return f"{self.call} {show_items(self.items)} → {self.answer}{self.shortage}"
        if self.call in TAKES and self.items:
            return f"{self.call} → {show_items(self.items)}{self.shortage}"
        return f"{self.call} → {self.answer}"

    @property
    def shortage(self) -> str:
        """Words for an answer of fewer items than were asked for, or nothing."""
        return f" (of {self.asked})" if 0 < len(self.items) < self.asked else ""


@dataclass(frozen=True, slots=True)
class History:
    """All events of one run.

    `left` is what came out of the queue, in order, after every thread had finished; `count_left` what the queue
    said it held before that. `full_from` is the fewest items that justify a FULL, `most` the most that can ever be
    inside (`None`: not known). `ordered` says that stamps are bounds: all a call did was visible by its end, and
    all it read was read after its begin. Without it stamps only sort, and rules about time are not applied.
    Not `whole`: a thread was stopped for ever, and nobody emptied the queue. `defect` is what the executor itself found
    wrong, `story` tells it better than a picture can.
    """

    events: tuple[Event, ...]
    left: tuple[int, ...] = ()
    count_left: int | None = None
    full_from: int | None = None
    most: int | None = None
    ordered: bool = True
    whole: bool = True
    defect: str = ""
    settings: str = field(default="", compare=False)
    story: Callable[[], str] | None = field(default=None, compare=False)

    def puts(self) -> list[Event]:
        """Return the events that put items in, by time."""
        return sorted((e for e in self.events if e.call in PUTS and e.items), key=_by_time)

    def takes(self) -> list[Event]:
        """Return the events that took items out, by time."""
        return sorted((e for e in self.events if e.call in TAKES and e.items), key=_by_time)

    def closes(self) -> list[Event]:
        """Return the events that closed the queue, by time."""
        return sorted((e for e in self.events if e.call == "close"), key=_by_time)


def _by_time(event: Event) -> tuple[int, int, int]:
    return (event.begin, event.thread, event.step)


def show_item(item: int) -> str:
    """Return an item as a number, `number×bytes` for a record of bytes, or a word where it is no item at all."""
    if item in {TORN, UNWRITTEN}:
        return "torn" if item == TORN else "unwritten"
    if 0 <= item < 1 << 32:
        return str(item)
    number, length = item & 0xFFFFFFFF, item >> 32
    return f"{number}×{length}B" if 0 <= length < 1 << 16 and number <= 255 else f"{item:#x}"


def show_items(items: tuple[int, ...]) -> str:
    """Return several items in a line."""
    return " ".join(map(show_item, items))
