"""Locks that let the scheduler run others while they wait, and the swap that puts them into the code under test.

`threading`'s Condition, Event, Semaphore, Barrier and the `queue` module are made of `Lock` and `RLock`, so these two
(and `time.sleep`) are enough.
"""

from __future__ import annotations

import _thread
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from lockfree.testing.racing.scheduler import REAL_SLEEP, current

REAL_LOCK = _thread.allocate_lock
LOCK_TYPE = type(REAL_LOCK())
RLOCK_TYPE = _thread.RLock


class RaceLock:
    """A `threading.Lock` of a run. Outside a controlled thread nobody could let it go: there, waiting is an error."""

    def __init__(self) -> None:
        """Be free."""
        self._held = False

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it; wait for it as `threading.Lock` does."""
        while self._held:
            if not blocking:
                return False
            if not _wait(self, timeout):
                return False
        self._held = True
        return True

    def release(self) -> None:
        """Let it go."""
        if not self._held:
            if _is_over():
                return
            raise RuntimeError("release unlocked lock")
        self._held = False
        _wake(self)

    def locked(self) -> bool:
        """Return whether it is held."""
        return self._held

    def _at_fork_reinit(self) -> None:
        self._held = False

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *exception: object) -> None:
        self.release()


class RaceRLock:
    """A `threading.RLock` of a run, with what `threading.Condition` asks of one."""

    def __init__(self) -> None:
        """Be free."""
        self._owner = 0
        self._count = 0

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it, once more if it is this thread's; wait for it as `threading.RLock` does."""
        me = _thread.get_ident()
        while self._count and self._owner != me:
            if not blocking:
                return False
            if not _wait(self, timeout):
                return False
        self._owner = me
        self._count += 1
        return True

    def release(self) -> None:
        """Let it go once."""
        if not self._is_owned():
            if _is_over():
                return
            raise RuntimeError("cannot release un-acquired lock")
        self._count -= 1
        if not self._count:
            _wake(self)

    def _is_owned(self) -> bool:
        return self._count > 0 and self._owner == _thread.get_ident()

    def _release_save(self) -> int:
        count, self._count = self._count, 0
        _wake(self)
        return count

    def _acquire_restore(self, count: int) -> None:
        self.acquire()
        self._count = count

    def _at_fork_reinit(self) -> None:
        self._count = 0

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *exception: object) -> None:
        self.release()


def _wait(lock: object, timeout: float) -> bool:
    found = current.get(_thread.get_ident())
    if found is None:
        raise RuntimeError("a lock of a race is held, and waited for where nobody can let it go")
    scheduler, lane = found
    return scheduler.block(lane, lock, timeout if timeout >= 0 else None)


def _wake(lock: object) -> None:
    found = current.get(_thread.get_ident())
    if found is not None:
        found[0].wake(lock)


def _is_over() -> bool:
    """Return whether the calling thread only unwinds."""
    found = current.get(_thread.get_ident())
    return found is not None and found[0].dead


def _sleep(seconds: float) -> None:
    """Let others go on; sleep really only when none can."""
    found = current.get(_thread.get_ident())
    if found is None:
        REAL_SLEEP(seconds)
        return
    scheduler, lane = found
    scheduler.block(lane, object(), seconds)


@contextmanager
def swapped(classes: tuple[type, ...]) -> Iterator[None]:
    """Put the race's locks in place of the interpreter's: in `threading`, the classes and their modules.

    Locks made meanwhile by other threads than the caller's and the controlled ones are real. Process-wide; undone at
    the end.
    """
    maker = _thread.get_ident()
    real_rlock = threading.RLock

    def ours() -> bool:
        me = _thread.get_ident()
        return me == maker or me in current

    def new_lock() -> Any:
        return RaceLock() if ours() else REAL_LOCK()

    def new_rlock(*arguments: Any) -> Any:
        return RaceRLock() if ours() else real_rlock(*arguments)

    replacements: list[tuple[object, Callable[..., Any]]] = [
        (threading.Lock, new_lock), (REAL_LOCK, new_lock), (real_rlock, new_rlock), (REAL_SLEEP, _sleep),
    ]  # fmt: skip
    undo: list[tuple[object, str, Any]] = []

    def put(place: object, name: str, value: Any) -> None:
        undo.append((place, name, getattr(place, name)))
        setattr(place, name, value)

    put(threading, "Lock", new_lock)
    put(threading, "_allocate_lock", new_lock)
    put(threading, "RLock", new_rlock)
    put(time, "sleep", _sleep)
    modules = [sys.modules[c.__module__] for c in classes if c.__module__ in sys.modules]
    for place in dict.fromkeys((*modules, *classes)):
        for name, value in list(vars(place).items()):
            found = next((new for old, new in replacements if value is old), None)
            if found is not None:
                put(place, name, found)
            elif isinstance(value, LOCK_TYPE):
                put(place, name, RaceLock())
            elif isinstance(value, RLOCK_TYPE):
                put(place, name, RaceRLock())
    try:
        yield
    finally:
        for place, name, value in reversed(undo):
            setattr(place, name, value)
