"""Handles: a side taken on purpose, kept from others, and given back."""

import weakref
from collections.abc import Callable
from types import TracebackType
from typing import Any, NoReturn, Self

from lockfree.errors import WrongThreadError
from lockfree.queues import _sides
from lockfree.queues._sides import CONSUMER, PRODUCER, Side

__all__ = ["Consumer", "Producer"]


class _Handle:
    """What both handles do: bind the queue's methods, refuse them after release."""

    _number: int
    _calls: tuple[str, ...]

    def __init__(self, queue: Any) -> None:
        self._queue = queue
        self._side: Side = queue._sides[self._number]  # noqa: SLF001 - the queue made this handle
        with _sides.lock():
            self._take_over()
        for call in self._calls:
            if hasattr(queue, call):
                setattr(self, call, getattr(queue, call))

    def _take_over(self) -> None:
        side = self._side
        alive = side.life is not None and side.life() is not None
        if alive and not side.is_mine():
            raise side.refuse(self._queue)
        if side.handle is not None and side.handle() is not None and (alive or side.life is None):
            raise WrongThreadError(
                f"this {type(self._queue).__name__}'s {side.role} side is taken by another handle: release that one "
                f"first, give each {side.role} thread a queue of its own, or use queue.Queue"
            )
        side.check_loan()
        side.life, side.handle = None, weakref.ref(self)
        self._queue._disown(self._number)  # noqa: SLF001 - the next use binds the thread that makes it

    def release(self) -> None:
        """Give the side back, so that another thread may take it; the handle refuses every call from then on.

        Idempotent. Raises WrongThreadError while another thread that lives uses the side, BufferError while a view
        is lent.
        """
        side = self._side
        with _sides.lock():
            if side.handle is None or side.handle() is not self:
                return
            if side.life is not None and side.life() is not None and not side.is_mine():
                raise side.refuse(self._queue)
            side.check_loan()
            side.life = side.handle = None
            self._queue._disown(self._number)  # noqa: SLF001 - as above
        for call in self._calls:
            if hasattr(self, call):
                setattr(self, call, self._refuse)

    def _refuse(self, *_args: object, **_kwargs: object) -> NoReturn:
        raise WrongThreadError(f"this handle was released: take a new one with {type(self).__name__.lower()}()")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class Producer(_Handle):
    """The producing side of one queue, made by `queue.producer()`; has the queue's put family.

    The first thread that puts through it owns the side until release() or the end of the `with` block.
    """

    _number = PRODUCER
    _calls = ("put", "put_nowait", "try_put", "put_many", "put_array", "reserve")

    put: Callable[..., None]
    put_nowait: Callable[[Any], None]
    try_put: Callable[[Any], bool]
    put_many: Callable[..., int]
    put_array: Callable[..., int]
    reserve: Callable[..., Any]


class Consumer(_Handle):
    """The consuming side of one queue, made by `queue.consumer()`; has the queue's get family, and iterates.

    The first thread that gets through it owns the side until release() or the end of the `with` block.
    """

    _number = CONSUMER
    _calls = ("get", "get_nowait", "try_get", "get_many", "get_array", "drain", "peek")

    get: Callable[..., Any]
    get_nowait: Callable[[], Any]
    try_get: Callable[..., Any]
    get_many: Callable[..., list[Any]]
    get_array: Callable[..., Any]
    drain: Callable[[], list[Any]]
    peek: Callable[..., Any]

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        if self._side.handle is None or self._side.handle() is not self:
            self._refuse()
        return next(self._queue)
