"""Zero-copy access: a stretch of the queue's own memory, lent for the length of a `with` block."""

from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol

from lockfree.errors import Empty, Full, WrongThreadError
from lockfree.queues import _sides
from lockfree.queues._patience import Patience
from lockfree.queues._sides import CONSUMER, PRODUCER, Side

__all__ = ["Peek", "Reservation", "Span"]


class Span(Protocol):
    """What a binding lends."""

    @property
    def exported(self) -> bool:
        """Whether any view of it is still held."""

    def open(self) -> memoryview:
        """A view of it."""


class _Loan:
    """One view, lent between enter and exit."""

    _number: int

    def __init__(self, queue: Any, need: int, patience: Patience) -> None:
        self._queue = queue
        self._need = need
        self._patience = patience
        self._span: Span | None = None
        self._view: memoryview | None = None
        self._count: int | None = None

    def _borrow(self) -> Span | None:
        raise NotImplementedError

    def _finish(self, count: int) -> None:
        raise NotImplementedError

    def _size(self) -> int:
        raise NotImplementedError

    def is_held(self) -> bool:
        """Whether the `with` block is open or something made from its view is still held."""
        return self._view is not None or (self._span is not None and self._span.exported)

    def _set_count(self, count: int) -> None:
        if self._view is None:
            raise RuntimeError("say how many inside the `with` block")
        if not 0 <= count <= self._size():
            raise ValueError(f"the view has room for {self._size()}, not {count}")
        self._count = count

    def __enter__(self) -> memoryview:
        if self._span is not None:
            raise RuntimeError("a reservation or peek serves one `with` block: ask for another one")
        span = self._borrow()
        if span is None:
            while self._patience.wait(self._queue, self._number, self._need):
                span = self._borrow()
                if span is not None:
                    break
            else:
                raise Empty if self._number else Full
        side: Side = self._queue._sides[self._number]  # noqa: SLF001 - the queue made this loan
        with _sides.lock():
            side.loan = self
            self._queue._disown(self._number)  # noqa: SLF001 - as above
            self._span = span
            self._view = span.open()
        return self._view

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        queue, side, view = self._queue, self._queue._sides[self._number], self._view  # noqa: SLF001 - as above
        if view is None or self._span is None:
            return
        count = self._size() if self._count is None else self._count
        with _sides.lock():
            if not side.is_mine():
                raise WrongThreadError("the thread that opened the `with` block must leave it")
            with suppress(BufferError):  # an array made from it: the span says so too
                view.release()
            self._view = None
            if not self._span.exported:
                side.loan = None
                queue._own(self._number)  # noqa: SLF001 - as above
            elif kind is None:
                raise BufferError(
                    "a slice or array made from the view is still held, so nothing was "
                    + ("taken" if self._number else "published")
                    + f": drop it before the `with` block ends; the {side.role} side waits until it is dropped"
                )
        if kind is None:
            self._finish(count)


class Reservation(_Loan):
    """Free memory of a queue to write into, made by reserve(); the block's end publishes it, an exception does not.

    `with` gives a writable memoryview. Inside the block commit(n) says how much of it to publish (default: all).
    """

    _number = PRODUCER

    def _borrow(self) -> Span | None:
        span: Span | None = self._queue._reserve(self._need)  # noqa: SLF001 - as above
        return span

    def _finish(self, count: int) -> None:
        self._queue._commit_view(count)  # noqa: SLF001 - as above

    def _size(self) -> int:
        return 0 if self._view is None else self._view.nbytes // self._queue._unit  # noqa: SLF001 - as above

    def commit(self, count: int) -> None:
        """Publish only the first `count` items (SpscBytes: bytes) when the block ends; 0 publishes nothing."""
        self._set_count(count)


class Peek(_Loan):
    """The oldest items of a queue, in place, made by peek(); the block's end takes them out, an exception does not.

    `with` gives a read-only memoryview. Inside the block release(n) says how many to take out (default: all).
    """

    _number = CONSUMER

    def _borrow(self) -> Span | None:
        span: Span | None = self._queue._peek(self._need)  # noqa: SLF001 - as above
        return span

    def _finish(self, count: int) -> None:
        self._queue._release_view(count)  # noqa: SLF001 - as above

    def _size(self) -> int:
        return 0 if self._view is None else self._queue._view_count(self._view)  # noqa: SLF001 - as above

    def release(self, count: int) -> None:
        """Take out only the first `count` items (SpscBytes: 1 or 0 records) when the block ends."""
        self._set_count(count)
