"""What SpscRing and SpscBytes over cffi share: memory, sides, waiting, shutting down. The twin of core_queue.c."""

import mmap
import sys
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, Self

from lockfree._ffi import ffi, lib
from lockfree.errors import Empty, Full, ShutDown, WrongThreadError

__all__ = ["CLOSED", "CONSUMER", "EMPTY", "FULL", "OK", "PRODUCER", "CffiQueue", "Span", "this_thread"]

PRODUCER, CONSUMER = 0, 1
OK, FULL, EMPTY, CLOSED = lib.LF_OK, lib.LF_FULL, lib.LF_EMPTY, lib.LF_CLOSED
_ERROR, _DROP_NEW = 1, 2
_LINE = 128
_FRONT = 2 * lib.lf_eventcount_size()
_LONGEST_NS = 2**62

# With the GIL each byte code comes after the one before for every thread; without it the order takes a fence.
_HAS_GIL = getattr(sys, "_is_gil_enabled", lambda: True)()

_local = threading.local()
_tokens = iter(range(1, sys.maxsize))


def this_thread() -> int:
    """A number that no other thread has or will have."""
    try:
        return _local.token  # type: ignore[no-any-return]
    except AttributeError:
        _local.token = next(_tokens)
        return _local.token  # type: ignore[no-any-return]


def _runs_event_loop() -> bool:
    events = sys.modules.get("asyncio.events")
    return events is not None and events._get_running_loop() is not None  # noqa: SLF001 - asyncio documents it


class Span:
    """A stretch of a queue's memory, lent as a buffer, that knows whether a view of it is still held."""

    def __init__(self, queue: "CffiQueue", start: Any, nbytes: int, layout: tuple[str, Any], *, readonly: bool) -> None:
        held = ffi.gc(start, lambda _start, keep=queue: None)  # noqa: ARG005 - the queue's memory lives with the view
        exporter = ffi.buffer(held, nbytes)
        self._watch = weakref.ref(exporter)
        format_, dtype = layout
        if dtype is None:
            letter: Any = format_
            view: memoryview = memoryview(exporter).cast(letter)
            self._view: memoryview | None = view.toreadonly() if readonly else view
        else:
            import numpy as np

            array: Any = np.frombuffer(exporter, dtype)
            array.flags.writeable = not readonly
            self._view = memoryview(array)

    @property
    def exported(self) -> bool:
        """Whether any view of it is still held."""
        if self._watch() is not None and sys.implementation.name == "pypy":
            import gc

            gc.collect()
        return self._watch() is not None

    def open(self) -> memoryview:
        """The view; once."""
        view, self._view = self._view, None
        if view is None:
            raise RuntimeError("a span is opened once")
        return view


class CffiQueue:
    """Base of both queues; the subclass brings _encode, _push, _pop, _ready and _close."""

    _block: mmap.mmap | None = None
    _structure: Any
    _structure_bytes = 0
    _stopped = False
    _discarding = False
    _putting = False
    _pushed = _popped = _full = _empty = _dropped = _put_waits = _get_waits = 0

    if TYPE_CHECKING:

        def _claim(self, side: int, /) -> None: ...
        def _encode(self, item: Any) -> tuple[Any, int]: ...
        def _push(self, encoded: Any, size: int) -> int: ...
        def _pop(self) -> tuple[int, Any]: ...
        def _ready(self, side: int, need: int) -> bool: ...
        def _close(self) -> None: ...

    def _allocate(self, nbytes: int, overflow: int) -> None:
        if self._block is not None:
            raise RuntimeError("this queue is made already: make another one")
        try:
            # Private and anonymous: zeroed, a page's alignment, and a child of fork has a copy of its own.
            block = mmap.mmap(-1, _FRONT + nbytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        except (OSError, OverflowError, ValueError) as error:
            raise MemoryError(f"no {_FRONT + nbytes} bytes for the queue: ask for a smaller capacity") from error
        self._block = block
        self._memory = ffi.from_buffer("char[]", block)
        half = lib.lf_eventcount_size()
        self._not_empty = lib.lf_eventcount_init(self._memory, half, False)
        self._not_full = lib.lf_eventcount_init(self._memory + half, half, False)
        self._structure = self._memory + _FRONT
        self._structure_bytes = nbytes
        self._overflow = overflow
        self._owner_put = self._owner_get = 0

    @property
    def address(self) -> int:
        """Address of the structure, for lib.lf_spsc_*_attach."""
        return int(ffi.cast("uintptr_t", self._structure))

    @property
    def nbytes(self) -> int:
        """Bytes of the structure at address."""
        return self._structure_bytes

    # ---- sides ----

    def _own(self, side: int, /) -> None:
        if self._block is None:
            raise RuntimeError("this queue was never made: its __init__ did not finish")
        if side == PRODUCER:
            self._owner_put = this_thread()
        else:
            self._owner_get = this_thread()

    def _disown(self, side: int, /) -> None:
        if side == PRODUCER:
            self._owner_put = 0
        else:
            self._owner_get = 0

    # ---- one item ----

    def _publish(self, push: Any, *args: Any) -> Any:
        """push(*args) between entering and leaving; ShutDown after shutdown()."""
        self._putting = True
        try:
            if not _HAS_GIL:
                lib.lf_fence_light(False)
            if self._stopped:
                raise ShutDown
            return push(*args)
        finally:
            self._putting = False

    def try_put(self, item: Any, /) -> bool:
        """True, or False when there is no room now."""
        if self._owner_put != this_thread():
            self._claim(PRODUCER)
        status = self._push(*self._encode(item))
        if status == OK:
            return True
        self._full += 1
        return False

    def try_get(self, default: Any = None) -> Any:
        """The oldest item, or default when there is none now."""
        if self._owner_get != this_thread():
            self._claim(CONSUMER)
        status, item = self._pop()
        if status == OK:
            return item
        self._raise_unless_empty(status)
        self._empty += 1
        return default

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """As queue.Queue.put."""
        deadline = self._deadline(block, timeout)
        if self._owner_put != this_thread():
            self._claim(PRODUCER)
        encoded, size = self._encode(item)
        if self._push(encoded, size) == OK:
            return
        self._full += 1
        if self._overflow == _DROP_NEW:
            self._dropped += 1
            return
        if not block or self._overflow == _ERROR:
            raise Full
        while True:
            look = self._wait(PRODUCER, size, deadline)
            if self._push(encoded, size) == OK:
                return
            if not look:
                raise Full

    def put_nowait(self, item: Any, /) -> None:
        """Put without waiting, or queue.Full."""
        self.put(item, block=False)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """As queue.Queue.get."""
        deadline = self._deadline(block, timeout)
        if self._owner_get != this_thread():
            self._claim(CONSUMER)
        status, item = self._pop()
        if status == OK:
            return item
        self._raise_unless_empty(status)
        self._empty += 1
        if not block:
            raise Empty
        while True:
            look = self._wait(CONSUMER, 1, deadline)
            status, item = self._pop()
            if status == OK:
                return item
            self._raise_unless_empty(status)
            if not look:
                raise Empty

    def get_nowait(self) -> Any:
        """Get without waiting, or queue.Empty."""
        return self.get(block=False)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        try:
            return self.get()
        except ShutDown:
            raise StopIteration from None

    @staticmethod
    def _raise_unless_empty(status: int) -> None:
        if status == CLOSED:
            raise ShutDown
        if status != EMPTY:
            raise RuntimeError("the queue's bytes contradict each other: something else wrote to its memory")

    # ---- waiting ----

    @staticmethod
    def _deadline(block: bool, timeout: float | None) -> float | None:
        if not block or timeout is None:
            return None
        if not timeout >= 0:
            raise ValueError("'timeout' must be a non-negative number of seconds, or None to wait for ever")
        return time.monotonic() + timeout

    def _wait(self, side: int, need: int, deadline: float | None, /) -> bool:
        if (self._owner_get if side else self._owner_put) != this_thread():
            self._claim(side)
        if _runs_event_loop():
            do, tries = ("get", "try_get") if side else ("put", "try_put")
            raise WrongThreadError(f"{do} would stop this thread's event loop: use {tries} and await between tries")
        if side:
            self._get_waits += 1
            changed = self._not_empty
        else:
            self._put_waits += 1
            changed = self._not_full
        while True:
            key = lib.lf_eventcount_prepare(changed)
            if self._ready(side, need):
                lib.lf_eventcount_cancel(changed, key)
                return True
            left = -1
            if deadline is not None:
                left = min(int((deadline - time.monotonic()) * 1e9) + 1, _LONGEST_NS)
                if left <= 0:
                    return False
            lib.lf_eventcount_wait(changed, key, left)  # Python handles a signal as soon as this returns

    # ---- shutting down ----

    def _stop(self, immediate: bool, /) -> None:
        if self._block is None:
            return
        if immediate:
            self._discarding = True
        self._stopped = True
        lib.lf_fence_heavy(False)
        # In the producer's own thread this is a signal handler: the put under way sees the closed structure.
        while self._putting and self._owner_put != this_thread():
            time.sleep(0)
        self._close()
        lib.lf_eventcount_notify(self._not_empty)
        lib.lf_eventcount_notify(self._not_full)

    @property
    def is_shutdown(self) -> bool:
        """Whether shutdown() was called."""
        return self._stopped

    def _is_discarding(self) -> bool:
        return self._discarding

    # ---- counting ----

    def _count_dropped(self, n: int, /) -> None:
        self._dropped += n

    def _counters(self) -> tuple[int, int, int, int, int, int, int]:
        popped = self._popped
        waits = (self._put_waits, self._get_waits)
        return (self._pushed, popped, self._full, self._empty, self._dropped, *waits)
