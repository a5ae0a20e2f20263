"""SpscBytes over cffi: the twin of core_bytes.c."""

from typing import Any

from lockfree._cffi_queue import CLOSED, CONSUMER, EMPTY, FULL, OK, PRODUCER, CffiQueue, Span, this_thread
from lockfree._ffi import ffi, lib
from lockfree.errors import ShutDown

__all__ = ["SpscBytes"]


class SpscBytes(CffiQueue):
    """The per-record calls of lockfree.SpscBytes; the subclass there has the rest."""

    _bytes: Any = None
    max_record = 0
    maxsize = 0

    def __init__(self, nbytes: int, overflow: int, /) -> None:
        need = lib.lf_spsc_bytes_size(nbytes)
        if not need:
            raise ValueError(f"{nbytes} bytes are more than an address space holds, or none")
        self._allocate(need, overflow)
        self._bytes = lib.lf_spsc_bytes_init(self._structure, need, nbytes)
        self.max_record = lib.lf_spsc_bytes_max_record(self._bytes)
        self.maxsize = lib.lf_spsc_bytes_capacity(self._bytes)

    @property
    def used(self) -> int:
        """Bytes in use, headers and padding included."""
        return 0 if self._bytes is None else int(lib.lf_spsc_bytes_used(self._bytes))

    # ---- one record ----

    def _encode(self, item: Any) -> tuple[Any, int]:
        try:
            data = item if type(item) is bytes else ffi.from_buffer(item)
        except TypeError:
            raise TypeError(
                f"a record is bytes, bytearray or a contiguous buffer, not {type(item).__name__}: encode it first"
            ) from None
        self._check(len(data))
        return data, len(data)

    def _check(self, size: int) -> None:
        if size > self.max_record:
            raise ValueError(
                f"a record of {size} bytes never fits: the longest here is {self.max_record}; make the queue larger "
                "(nbytes=) or split it"
            )

    def _push(self, encoded: Any, size: int) -> int:
        status: int = self._publish(lib.lf_spsc_bytes_push, self._bytes, encoded, size)
        if status == OK:
            self._pushed += 1
            lib.lf_eventcount_notify(self._not_empty)
        elif status == CLOSED:
            raise ShutDown
        return status

    def _front(self) -> tuple[int, Any]:
        if self._discarding:
            return CLOSED, None
        record = ffi.new("lf_record **")
        status = lib.lf_spsc_bytes_peek(self._bytes, record)
        return status, record[0]

    def _pop(self) -> tuple[int, Any]:
        status, record = self._front()
        if status != OK:
            return status, None
        data = ffi.buffer(record + 1, lib.lf_record_len(record.word))[:]
        lib.lf_spsc_bytes_release(self._bytes)
        self._popped += 1
        lib.lf_eventcount_notify(self._not_full)
        return OK, data

    def qsize(self) -> int:
        """Records inside, of those that went through this object."""
        popped = self._popped
        return 0 if self._discarding else max(0, self._pushed - popped)

    # ---- many ----

    def _push_many(self, items: list[Any], start: int, /) -> int:
        if self._owner_put != this_thread():
            self._claim(PRODUCER)
        done = 0
        for item in items[start:]:
            encoded = self._encode(item)
            try:
                status = self._push(*encoded)
            except ShutDown:
                if not done:
                    raise
                break
            if status == FULL:
                self._full += 1
                break
            done += 1
        return done

    def _pop_many(self, n: int, /) -> list[bytes]:
        if self._owner_get != this_thread():
            self._claim(CONSUMER)
        items: list[bytes] = []
        while len(items) < n:
            status, item = self._pop()
            if status != OK:
                if not items:
                    self._raise_unless_empty(status)
                    self._empty += 1
                break
            items.append(item)
        return items

    # ---- in place ----

    def _reserve(self, n: int, /) -> Span | None:
        if self._owner_put != this_thread():
            self._claim(PRODUCER)
        self._check(n)
        if self._stopped:
            raise ShutDown
        payload = ffi.new("void **")
        if lib.lf_spsc_bytes_reserve(self._bytes, n, payload) == OK:
            return Span(self, payload[0], n, ("B", None), readonly=False)
        self._full += 1
        return None

    def _commit(self, n: int, /) -> None:
        if self._owner_put != this_thread():
            self._claim(PRODUCER)
        self._publish(lib.lf_spsc_bytes_commit, self._bytes, n)
        self._pushed += 1
        lib.lf_eventcount_notify(self._not_empty)

    def _peek(self, _n: int, /) -> Span | None:
        if self._owner_get != this_thread():
            self._claim(CONSUMER)
        status, record = self._front()
        if status == OK:
            start = ffi.cast("void *", record + 1)
            return Span(self, start, lib.lf_record_len(record.word), ("B", None), readonly=True)
        self._raise_unless_empty(status)
        self._empty += 1
        return None

    def _release(self, _n: int, /) -> None:
        if self._owner_get != this_thread():
            self._claim(CONSUMER)
        lib.lf_spsc_bytes_release(self._bytes)
        self._popped += 1
        lib.lf_eventcount_notify(self._not_full)

    # ---- for the base ----

    def _ready(self, side: int, need: int) -> bool:
        if side == CONSUMER:
            return bool(self._front()[0] != EMPTY)
        if self._stopped:
            return True
        return bool(lib.lf_spsc_bytes_reserve(self._bytes, need, ffi.new("void **")) != FULL)

    def _close(self) -> None:
        lib.lf_spsc_bytes_close(self._bytes)
