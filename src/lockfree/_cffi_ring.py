"""SpscRing over cffi: the twin of core_ring.c."""

import math
import operator
from collections.abc import Callable
from typing import Any

from lockfree._cffi_queue import CLOSED, CONSUMER, OK, PRODUCER, CffiQueue, Span, this_thread
from lockfree._ffi import ffi, lib
from lockfree.errors import ShutDown

__all__ = ["SpscRing"]

_INTEGERS = {
    **dict(zip("bhiq", ("int8_t *", "int16_t *", "int32_t *", "int64_t *"), strict=True)),
    **dict(zip("BHIQ", ("uint8_t *", "uint16_t *", "uint32_t *", "uint64_t *"), strict=True)),
}
_FLOATS = {"f": "float *", "d": "double *"}


class SpscRing(CffiQueue):
    """The per-item calls of lockfree.SpscRing; the subclass there has the rest."""

    _ring: Any = None

    def __init__(
        self,
        capacity: int,
        size: int,
        code: str,
        name: str,
        format: str,
        view_item: int,
        overflow: int,
        encode: Callable[[Any], bytes] | None,
        decode: Callable[[bytes], Any] | None,
        /,
    ) -> None:
        nbytes = lib.lf_spsc_ring_size(capacity, size)
        if not nbytes:
            raise ValueError(f"{capacity} items of {size} bytes are more than an address space holds, or none")
        self._allocate(nbytes, overflow)
        self._code, self._name, self._size = code, name, size
        self._integer, self._float = _INTEGERS.get(code), _FLOATS.get(code)
        self._make, self._unmake = encode, decode
        self._layout: tuple[str, Any] = (format, None)
        if code == "O" and view_item != 1:  # a memoryview casts to plain numbers only: let numpy make it
            import numpy as np

            self._layout = (format, np.dtype(np.void) if decode is None else decode(bytes(size)).dtype)
        self._ring = lib.lf_spsc_ring_init(self._structure, nbytes, capacity, size)

    # ---- one item ----

    def _encode(self, item: Any) -> tuple[Any, int]:
        try:
            if self._integer is not None:
                return ffi.new(self._integer, operator.index(item)), 1
            if self._float is not None:
                number = ffi.new(self._float, item)
                if math.isinf(number[0]) and not math.isinf(item):
                    raise OverflowError
                return number, 1
        except OverflowError:
            raise OverflowError(
                f"{item!r} does not fit an item of dtype {self._name}: make the ring with a wider dtype"
            ) from None
        except TypeError:
            raise TypeError(
                f"an item of dtype {self._name} is a number, not {type(item).__name__}: make the ring with the dtype "
                "of your items"
            ) from None
        if self._code == "?":
            return ffi.new("bool *", bool(item)), 1
        return self._encode_bytes(item if self._make is None else self._make(item)), 1

    def _encode_bytes(self, item: Any) -> Any:
        if type(item) is bytes and len(item) == self._size:
            return item
        try:
            data = ffi.from_buffer(item)
        except TypeError:
            raise TypeError(
                f"an item is {self._size} bytes (bytes, bytearray or a contiguous buffer), not {type(item).__name__}"
            ) from None
        if len(data) != self._size:
            raise ValueError(
                f"an item has {self._size} bytes, this one {len(data)}: pad it, or use SpscBytes for records of any "
                "length"
            )
        return data

    def _push(self, encoded: Any, _size: int) -> int:
        status: int = self._publish(lib.lf_spsc_ring_push, self._ring, encoded)
        if status == OK:
            lib.lf_eventcount_notify(self._not_empty)
        elif status == CLOSED:
            raise ShutDown
        return status

    def _pop(self) -> tuple[int, Any]:
        if self._discarding:
            return CLOSED, None
        number = self._integer or self._float
        slot = ffi.new(number) if number is not None else ffi.new("char[]", self._size)
        status: int = lib.lf_spsc_ring_pop(self._ring, slot)
        if status != OK:
            return status, None
        lib.lf_eventcount_notify(self._not_full)
        if number is not None:
            return OK, slot[0]
        data = ffi.buffer(slot)[:]
        if self._code == "?":
            return OK, data != b"\0"
        return OK, data if self._unmake is None else self._unmake(data)

    def qsize(self) -> int:
        """Items inside: exact when nobody else is at work."""
        return 0 if self._ring is None or self._discarding else int(lib.lf_spsc_ring_count(self._ring))

    def _counters(self) -> tuple[int, int, int, int, int, int, int]:
        if self._ring is not None:
            self._popped = lib.lf_spsc_ring_popped(self._ring)
            self._pushed = lib.lf_spsc_ring_pushed(self._ring)
        return super()._counters()

    # ---- many ----

    def _push_many(self, items: Any, /) -> int:
        if self._owner_put != this_thread():
            self._claim(PRODUCER)
        data = ffi.from_buffer(items)
        offered = len(data) // self._size
        done: int = self._publish(lib.lf_spsc_ring_push_n, self._ring, data, offered)
        if done:
            lib.lf_eventcount_notify(self._not_empty)
        if done < offered:
            self._full += 1
        return done

    def _pop_many(self, target: Any, /) -> int:
        if self._owner_get != this_thread():
            self._claim(CONSUMER)
        data = ffi.from_buffer(target, require_writable=True)
        if self._is_empty():
            self._empty += 1
            return 0
        done: int = lib.lf_spsc_ring_pop_n(self._ring, data, len(data) // self._size)
        lib.lf_eventcount_notify(self._not_full)
        return done

    def _is_empty(self) -> bool:
        """ShutDown at the end."""
        if self._discarding:
            raise ShutDown
        if lib.lf_spsc_ring_peek(self._ring):
            return False
        if not lib.lf_spsc_ring_is_closed(self._ring):
            return True
        lib.lf_fence_acquire()
        if lib.lf_spsc_ring_peek(self._ring):
            return False
        raise ShutDown

    # ---- in place ----

    def _span(self, start: Any, items: int, *, readonly: bool) -> Span:
        return Span(self, start, items * self._size, self._layout, readonly=readonly)

    def _reserve(self, n: int, /) -> Span | None:
        if self._owner_put != this_thread():
            self._claim(PRODUCER)
        if self._stopped:
            raise ShutDown
        got = ffi.new("size_t *")
        start = lib.lf_spsc_ring_reserve_n(self._ring, n, got)
        if start:
            return self._span(start, got[0], readonly=False)
        self._full += 1
        return None

    def _commit(self, n: int, /) -> None:
        if self._owner_put != this_thread():
            self._claim(PRODUCER)
        self._publish(lib.lf_spsc_ring_commit_n, self._ring, n)
        lib.lf_eventcount_notify(self._not_empty)

    def _peek(self, n: int, /) -> Span | None:
        if self._owner_get != this_thread():
            self._claim(CONSUMER)
        if self._is_empty():
            self._empty += 1
            return None
        got = ffi.new("size_t *")
        start = lib.lf_spsc_ring_peek_n(self._ring, n, got)
        return self._span(ffi.cast("void *", start), got[0], readonly=True)

    def _release(self, n: int, /) -> None:
        if self._owner_get != this_thread():
            self._claim(CONSUMER)
        lib.lf_spsc_ring_release_n(self._ring, n)
        lib.lf_eventcount_notify(self._not_full)

    # ---- for the base ----

    def _ready(self, side: int, _need: int) -> bool:
        if side == CONSUMER:
            closed = self._discarding or lib.lf_spsc_ring_is_closed(self._ring)
            return bool(closed or lib.lf_spsc_ring_peek(self._ring))
        return bool(self._stopped or lib.lf_spsc_ring_reserve(self._ring))

    def _close(self) -> None:
        lib.lf_spsc_ring_close(self._ring)
