"""Small concurrent programs as values: what each thread calls, where it is held, how the queue starts.

A program is frozen and hashable, draws itself as two columns, and runs on any executor of this package.
"""

from __future__ import annotations

from dataclasses import dataclass

CALLS = ("push", "push_n", "reserve", "abort", "pop", "pop_n", "peek", "peek_keep", "peek_span", "close")
"""Names of the calls. `reserve` commits, `peek` and `peek_span` release; `abort` and `peek_keep` don't."""

PUTS = frozenset({"push", "push_n", "reserve"})
"""Calls by which items go in."""

TAKES = frozenset({"pop", "pop_n", "peek", "peek_span"})
"""Calls by which items come out."""

ROLES = ("producer", "consumer", "closer")

MOST_STEPS = 24
"""Steps that one thread of a program may have."""

MOST_ITEMS = 8
"""Items that one step may ask for."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A stop inside a step: at its `gap`-th gap (1 is the first) until the other threads have finished `until` steps.

    Gaps lie before every atomic access, after every atomic store, and before, in and after every copy. A hold ends
    early when every other thread has finished or is held itself, so that holds never lock up a program.
    """

    gap: int
    until: int


@dataclass(frozen=True, slots=True)
class Step:
    """One call of one thread.

    `n` is how many items it asks for (`push_n`, `pop_n`, and reserve or peek of a ring of records), `keep` how many
    of those it commits or releases. In a queue of bytes `size` is the payload's length in bytes, and a `reserve`
    commits `size // keep` of them.
    """

    call: str
    n: int = 1
    keep: int = 1
    size: int = 8
    hold: Hold | None = None

    def __post_init__(self) -> None:
        """Refuse what the executor would refuse or misread."""
        if self.call not in CALLS:
            raise ValueError(f"unknown call {self.call!r}: use one of {', '.join(CALLS)}")
        if not 1 <= self.n <= MOST_ITEMS or not 1 <= self.keep <= MOST_ITEMS or self.size < 0:
            raise ValueError(f"step {self!r} is out of bounds: n and keep are 1 to {MOST_ITEMS}, size is at least 0")

    def __str__(self) -> str:
        """Show the call with what differs from the default."""
        details = []
        if self.n != 1:
            details.append(f"n={self.n}")
        if self.keep != 1:
            details.append(f"keep={self.keep}")
        if self.size != Step.__dataclass_fields__["size"].default:
            details.append(f"size={self.size}")
        if self.hold is not None:
            details.append(f"hold at gap {self.hold.gap} until {self.hold.until}")
        return self.call + (f"({', '.join(details)})" if details else "")


@dataclass(frozen=True, slots=True)
class Stop:
    """A thread (its index in the program) that is stopped for ever, as if killed, after so many steps of its code.

    A step is an atomic access or a fence. Only an executor that runs every step itself can do it (`CheckerExecutor`).
    """

    thread: int
    after: int


@dataclass(frozen=True, slots=True)
class Program:
    """Threads of steps over one queue.

    `threads[0]` is the producer, `threads[1]` the consumer, `threads[2]`, if any, a third that only closes.
    `capacity` counts items (bytes in a queue of bytes); `start` is where both counters begin, modulo 2**64;
    `item_words` is the size of an item in 8-byte words; `strict` asks for exact FULL and EMPTY;
    `filled` items (of 8 bytes in a queue of bytes) are put in before the threads start, as many as fit; `stopped` is a
    thread that never goes on.
    """

    threads: tuple[tuple[Step, ...], ...]
    capacity: int = 1
    start: int = 0
    item_words: int = 1
    strict: bool = False
    filled: int = 0
    stopped: Stop | None = None

    def __post_init__(self) -> None:
        """Refuse sizes that an executor can't hold."""
        if not 1 <= len(self.threads) <= len(ROLES):
            raise ValueError(f"a program has 1 to {len(ROLES)} threads ({', '.join(ROLES)}), not {len(self.threads)}")
        if any(len(steps) > MOST_STEPS for steps in self.threads):
            raise ValueError(f"a thread has at most {MOST_STEPS} steps: split the program")
        if self.stopped is not None and not 0 <= self.stopped.thread < len(self.threads):
            raise ValueError(f"{self.stopped!r}: the program has no such thread")

    def __str__(self) -> str:
        """Show the program in columns, one a thread."""
        columns = [[ROLES[i], *map(str, steps)] for i, steps in enumerate(self.threads)]
        width = max(len(cell) for column in columns for cell in column) + 2
        depth = max(map(len, columns))
        rows = ("".join((c[i] if i < len(c) else "").ljust(width) for c in columns).rstrip() for i in range(depth))
        return "\n".join((self.settings(), *rows))

    def settings(self) -> str:
        """Return the queue's side of the program in one line."""
        parts = [f"capacity {self.capacity}", f"counters start at {show_start(self.start)}"]
        if self.item_words != 1:
            parts.append(f"items of {self.item_words} words")
        if self.filled:
            parts.append(f"{self.filled} inside")
        if self.strict:
            parts.append("strict")
        if self.stopped is not None:
            parts.append(f"{ROLES[self.stopped.thread]} stopped for ever after {self.stopped.after} accesses")
        return ", ".join(parts)


def show_start(start: int) -> str:
    """Return a counter's start the way it is thought of: as so many below 2**64 or 2**32 when it is."""
    near = 1 << 20
    for power in (64, 63, 32):
        if 0 < (1 << power) - start <= near:
            return f"2^{power} - {(1 << power) - start}"
    return str(start)
