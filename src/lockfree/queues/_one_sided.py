"""What SpscRing and SpscBytes have in common above their bindings."""

import operator
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Self

from lockfree.queues._handles import Consumer, Producer
from lockfree.queues._sides import CONSUMER, PRODUCER, Side, Sided

__all__ = ["OVERFLOWS", "OneSided", "QueueStats", "check_overflow", "check_size"]

OVERFLOWS = {"block": 0, "error": 1, "drop_new": 2}


class QueueStats(NamedTuple):
    """Exact counters since the queue was made; each has a single writer, so none is ever lost.

    pushed: items put in. popped: items taken out. full: calls that found no room (whatever they did then).
    empty: calls that found nothing. dropped: items refused by overflow="drop_new". put_waits, get_waits: calls
    that went to sleep. discarded: items that shutdown(immediate=True) left inside. size: items inside now.
    """

    pushed: int
    popped: int
    full: int
    empty: int
    dropped: int
    put_waits: int
    get_waits: int
    discarded: int
    size: int


def check_size(name: str, value: Any, unit: str) -> int:
    """A number of items or bytes of at least 1, or an error that says what to give."""
    if isinstance(value, bool) or not hasattr(type(value), "__index__"):
        raise TypeError(f"{name} is a number of {unit}, not {value!r}")
    number = operator.index(value)
    if number < 1:
        raise ValueError(f"{name} must be at least 1, not {number}: a queue needs room for something")
    if number > sys.maxsize:
        raise ValueError(f"{name}={number} is more than an address space holds: ask for fewer {unit}")
    return number


def check_overflow(structure: str, overflow: Any) -> int:
    """The binding's number for an overflow policy."""
    if overflow == "drop_old":
        raise ValueError(
            f"{structure} cannot drop its oldest items: only its consumer may take them. Use overflow='drop_new', or "
            "collections.deque(maxlen=n), which drops the oldest"
        )
    if overflow not in OVERFLOWS:
        raise ValueError(f"overflow is one of {', '.join(map(repr, OVERFLOWS))}, not {overflow!r}")
    return OVERFLOWS[overflow]


class OneSided(Sided):
    """Mixin: handles, shutting down, statistics. The binding's class stands behind it in the order of bases."""

    def _set_up(self) -> None:
        self._sides = (Side(PRODUCER), Side(CONSUMER))

    if TYPE_CHECKING:  # what the binding brings, in a class further on in the order of bases

        def _counters(self) -> tuple[int, int, int, int, int, int, int]: ...
        def _stop(self, immediate: bool, /) -> None: ...
        def _is_discarding(self) -> bool: ...
        def qsize(self) -> int: ...

    def empty(self) -> bool:
        """Whether nothing is inside; as fleeting as qsize()."""
        return self.qsize() == 0

    def producer(self) -> Producer:
        """Take the producing side: a handle with the put family, for the first thread that puts through it.

        Raises WrongThreadError while another handle or another live thread has the side. The side of a thread that
        has finished is taken over.
        """
        return Producer(self)

    def consumer(self) -> Consumer:
        """Take the consuming side: a handle with the get family, for the first thread that gets through it.

        Raises WrongThreadError as producer() does.
        """
        return Consumer(self)

    def shutdown(self, immediate: bool = False) -> None:
        """Refuse every put from now on (ShutDown); gets go on until the queue is empty, then raise ShutDown.

        Wakes whoever sleeps in put or get. immediate: gets raise at once, and what is inside is discarded (and
        counted in stats().discarded). Any thread, any number of times. It first waits out a put that is under way
        in the producer's thread (some tens of ns; a put that sleeps is not under way), so that no item whose put
        returned is lost, with the GIL or without.
        """
        self._stop(immediate)

    def stats(self) -> QueueStats:
        """The counters, each exact; taken one after another while others work. Any thread."""
        pushed, popped, full, empty, dropped, put_waits, get_waits = self._counters()
        size = self.qsize()
        discarded = pushed - popped if self._is_discarding() else 0
        return QueueStats(pushed, popped, full, empty, dropped, put_waits, get_waits, discarded, size)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} lives in the memory of one process and does not pickle: use "
            "multiprocessing.Queue between processes"
        )
