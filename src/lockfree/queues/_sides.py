"""Who may use which side: one thread each, found out at its first use, handed over through handles.

The bindings compare the calling thread with a side's owner at each call and come here, to `_claim`, when they
differ: at a thread's first use, after a release, while a view is lent, and when the thread is the wrong one.
"""

import os
import threading
import weakref
from typing import TYPE_CHECKING, Any

from lockfree.errors import WrongThreadError

__all__ = ["CONSUMER", "PRODUCER", "Side", "Sided", "lock"]

PRODUCER, CONSUMER = 0, 1

# Claims are rare, so one lock serves all queues. Reentrant: a signal handler may put in the middle of a claim.
_lock = threading.RLock()
_local = threading.local()


def lock() -> threading.RLock:
    """The lock of all claims."""
    return _lock


def _renew_lock() -> None:
    global _lock  # noqa: PLW0603 - whoever held it does not exist in the child of a fork
    _lock = threading.RLock()


os.register_at_fork(after_in_child=_renew_lock)


class _Life:
    """Lives in its thread's local storage, and so dies with the thread."""

    __slots__ = ("__weakref__", "name")

    def __init__(self) -> None:
        self.name = threading.current_thread().name


def _this_life() -> _Life:
    life: _Life | None = getattr(_local, "life", None)
    if life is None:
        life = _local.life = _Life()
    return life


class Side:
    """One side of one queue; its fields change under the lock of claims."""

    __slots__ = ("handle", "life", "loan", "name", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self.life: weakref.ref[_Life] | None = None  # of the owning thread; None: nobody yet
        self.name = ""
        self.handle: weakref.ref[Any] | None = None
        self.loan: Any = None  # a view that is lent, or was not let go when its `with` ended

    @property
    def role(self) -> str:
        """What the side is called."""
        return "consuming" if self.number else "producing"

    def is_mine(self) -> bool:
        """Whether the calling thread owns the side."""
        return self.life is not None and self.life() is _this_life()

    def take(self) -> None:
        """Make the calling thread the owner."""
        life = _this_life()
        self.life, self.name = weakref.ref(life), life.name

    def refuse(self, queue: object) -> WrongThreadError:
        """The error for the calling thread, which isn't the owner."""
        what, call = type(queue).__name__, f"{'consumer' if self.number else 'producer'}()"
        one = f"this {what}'s {self.role} side belongs to thread {self.name!r}"
        if self.life is not None and self.life() is None:
            return WrongThreadError(f"{one}, which has finished: call {call} from the thread that takes it over")
        return WrongThreadError(
            f"{one}, and this is thread {threading.current_thread().name!r}: give each {self.role} thread a queue of "
            f"its own, use queue.Queue, or hand the side over: there `with queue.{call} as side:`, then {call} here"
        )

    def check_loan(self) -> None:
        """Raise BufferError while a view is out; forget one that was let go late."""
        if self.loan is None:
            return
        if self.loan.is_held():
            raise BufferError(
                f"a view of the {self.role} side is still held: leave its `with` block and drop every slice and array "
                "made from it first"
            )
        self.loan = None


class Sided:
    """Mixin of the queues with one thread a side; the binding's class brings _own and _disown."""

    _sides: tuple[Side, Side]

    if TYPE_CHECKING:

        def _own(self, side: int, /) -> None: ...
        def _disown(self, side: int, /) -> None: ...

    def _claim(self, number: int, /) -> None:
        """Let the calling thread use the side from now on, or raise."""
        side = self._sides[number]
        with _lock:
            if side.life is None:
                side.take()
            elif not side.is_mine():
                raise side.refuse(self)
            side.check_loan()
            self._own(number)
