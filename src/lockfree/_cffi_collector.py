"""The emitting side of the collector over cffi: what `_core` offers, for LOCKFREE_BINDING=cffi and for PyPy.

Collector, Event, records_scan and crc32c behave as their twins in csrc/python; only the time differs.
"""

import errno
import os
import struct
import sys
import time
from collections.abc import Callable
from typing import Any

from lockfree._ffi import ffi, lib
from lockfree.errors import CollectorClosedError, CollectorFullError, WrongThreadError

__all__ = ["Collector", "Event", "crc32c", "records_scan"]

_CRITICAL, _RETRY, _WAIT = 1, 2, 4  # LF_EMIT_*
_DROP_NEW, _ERROR, _BLOCK = 0, 1, 2  # LF_OVERFLOW_*
_SLICE_NS = 100_000_000  # between two looks for Ctrl-C
_SMALLEST_RECORD = 24
_ERROR_BYTES = 512


def _sentence(error: Any, code: int) -> str:
    return ffi.string(error).decode(errors="replace") or os.strerror(code)


class Collector:
    """The low-level collector; lockfree.Collector is built on it. See `_core.Collector`."""

    _handle: Any = None
    _closed = False

    def __init__(
        self,
        dir: str | bytes | os.PathLike[str],
        *,
        segments: str | bytes | os.PathLike[str] | None = None,
        memory: int = 0,
        lane_bytes: int = 0,
        segment_bytes: int = 0,
        flush_ms: int = 0,
        overflow: int = 0,
        format: int = 0,
        drain: bool = True,
        block_timeout_ns: int = -1,
    ) -> None:
        if not 0 <= overflow <= _BLOCK or not 0 <= format <= 1:
            raise ValueError("overflow must be 0..2 and format 0..1")
        if self._handle is not None:
            raise RuntimeError("this Collector is open already: make another object")
        names = [ffi.new("char[]", _path(dir)), ffi.NULL if segments is None else ffi.new("char[]", _path(segments))]
        options = ffi.new("lf_collector_options *")
        options.dir, options.segments = names
        options.memory, options.lane_bytes, options.segment_bytes = memory, lane_bytes, segment_bytes
        options.flush_ms, options.overflow, options.format, options.drain = flush_ms, overflow, format, bool(drain)
        out = ffi.new("lf_collector **")
        error = ffi.new("char[]", _ERROR_BYTES)
        code = lib.lf_collector_open(options, out, error, _ERROR_BYTES)
        if code:
            raise OSError(code, _sentence(error, code), os.fsdecode(dir))
        self._overflow = overflow
        self._wait_flag = _WAIT if overflow == _BLOCK else 0
        self._block_timeout_ns = block_timeout_ns
        self._handle = ffi.gc(out[0], lib.lf_collector_free)  # closes it first, within some seconds

    def emit(self, payload: Any, *, critical: bool = False) -> bool:
        """Puts one event into the calling thread's lane. See `_core.Collector.emit`."""
        try:
            data = payload.encode() if isinstance(payload, str) else ffi.from_buffer(payload)
        except TypeError:
            self._unencodable()
            raise TypeError(
                f"emit takes bytes, bytearray, memoryview or str, not {type(payload).__name__}: encode it, or describe "
                "it as a dataclass and use event()"
            ) from None
        except BaseException:
            self._unencodable()
            raise
        return self._emit(data, 0, _CRITICAL if critical else 0)

    def _open_handle(self) -> Any:
        if self._handle is None:
            raise RuntimeError("this Collector was never opened: its __init__ did not finish")
        return self._handle

    def _unencodable(self) -> None:
        if self._handle is not None:
            lib.lf_collector_reject(self._handle, lib.LF_REASON_ENCODE)

    def _emit(self, data: Any, kind: int, flags: int) -> bool:
        handle = self._open_handle()
        lane = lib.lf_collector_lane(handle)
        size = len(data)
        if lane:
            status = lib.lf_lane_emit(lane, data, size, kind, flags | self._wait_flag)
            if status == lib.LF_OK:
                return True
        else:
            status = lib.LF_CLOSED if self._closed else lib.LF_FULL
            lib.lf_collector_reject(handle, lib.LF_REASON_CLOSED if self._closed else lib.LF_REASON_NO_LANE)
        if self._overflow == _ERROR:
            raise _refusal(lane, status, size)
        if self._overflow == _BLOCK and lane and status == lib.LF_FULL:
            return self._wait_and_emit(lane, data, kind, flags)
        return False

    def _wait_and_emit(self, lane: Any, data: Any, kind: int, flags: int) -> bool:
        if _runs_event_loop():
            lib.lf_lane_give_up(lane, lib.LF_REASON_FULL)
            raise WrongThreadError(
                'emit would stop this thread\'s event loop: the lane is full and overflow is "block". Use await '
                'loop.run_in_executor(None, collector.emit, payload), or overflow="drop_new"'
            )
        deadline = None if self._block_timeout_ns < 0 else time.monotonic_ns() + self._block_timeout_ns
        while deadline is None or deadline > time.monotonic_ns():
            left = _SLICE_NS if deadline is None else min(_SLICE_NS, max(deadline - time.monotonic_ns(), 0))
            try:
                status = lib.lf_lane_wait_room(lane, len(data), flags, left)
            except BaseException:
                lib.lf_lane_give_up(lane, lib.LF_REASON_FULL)
                raise
            if status == lib.LF_CLOSED:
                lib.lf_lane_give_up(lane, lib.LF_REASON_CLOSED)
                return False
            status = lib.lf_lane_emit(lane, data, len(data), kind, flags | _RETRY)
            if status != lib.LF_FULL:
                return bool(status == lib.LF_OK)
        lib.lf_lane_give_up(lane, lib.LF_REASON_FULL)
        return False

    def flush(self, timeout_ns: int = -1, /) -> bool:
        """Waits until everything emitted before the call is in the segments. See `_core.Collector.flush`."""
        handle = self._open_handle()
        while True:
            part = _SLICE_NS if timeout_ns < 0 else min(timeout_ns, _SLICE_NS)
            status = lib.lf_collector_flush(handle, part)
            if status == lib.LF_OK:
                return True
            if status == lib.LF_BUSY:
                raise OSError(
                    "the drain cannot write its segments, the events stay in their lanes: "
                    f"{self.trouble() or 'no reason is known'}"
                )
            if status == lib.LF_CLOSED:
                raise CollectorClosedError("this Collector is closed: there is nothing to flush")
            if timeout_ns >= 0:
                timeout_ns -= part
                if timeout_ns <= 0:
                    return False

    def close(self, timeout_ns: int = -1, /) -> None:
        """Takes no more events, drains, removes the lane files. See `_core.Collector.close`."""
        if self._handle is None:
            return
        self._closed = True
        error = ffi.new("char[]", _ERROR_BYTES)
        code = lib.lf_collector_close(self._handle, timeout_ns, error, _ERROR_BYTES)
        if code:
            raise OSError(code, _sentence(error, code))

    def counters(self) -> tuple[int, int, int, int, int, int, tuple[int, ...]]:
        """(offered, accepted, delivered, pending, torn, lanes, rejected) of this process."""
        sums = ffi.new("lf_counters *")
        lib.lf_collector_counters(self._open_handle(), sums)
        return (
            sums.offered,
            sums.accepted,
            sums.delivered,
            sums.pending,
            sums.torn,
            sums.lanes,
            tuple(sums.rejected),
        )

    def trouble(self) -> str:
        """What keeps the drain from writing, or an empty str."""
        text = ffi.new("char[]", _ERROR_BYTES)
        lib.lf_collector_trouble(self._open_handle(), text, _ERROR_BYTES)
        return str(ffi.string(text).decode(errors="replace"))

    def pressure(self) -> float:
        """How full the calling thread's lane is, 0.0 .. 1.0."""
        return float(lib.lf_collector_pressure(self._open_handle()))

    def schema(self, text: str, /) -> int:
        """The record kind of an event shape. See `_core.Collector.schema`."""
        kind = lib.lf_collector_schema(self._open_handle(), text.encode())
        if kind > 0:
            return int(kind)
        full = -kind == errno.ENOSPC
        raise OSError(
            -kind,
            "this Collector has no room for another event type" if full else "the collector refuses this event's shape",
        )


class Event:
    """A callable that emits one typed event; made by lockfree.Collector.event. See `_core.Event`."""

    def __init__(
        self,
        collector: Collector,
        kind: int,
        name: str,
        fields: tuple[str, ...],
        codes: str,
        positional: int,
        defaults: dict[str, Any],
        factories: dict[str, Callable[[], Any]],
        critical: bool = False,
    ) -> None:
        self.collector = collector
        self.kind = kind
        self.name = name
        self._fields = fields
        self._index = {field: i for i, field in enumerate(fields)}
        self._codes = codes
        self._positional = positional
        self._defaults = defaults
        self._factories = factories
        self._flags = _CRITICAL if critical else 0

    def __repr__(self) -> str:
        return f"<event {self.name}, kind {self.kind}>"

    def __call__(self, *args: Any, **kwargs: Any) -> bool:
        try:
            record = self._encode(self._values(args, kwargs))
        except BaseException:
            self.collector._unencodable()  # noqa: SLF001 - the two are one binding
            raise
        return self.collector._emit(record, self.kind, self._flags)  # noqa: SLF001 - as above

    def _values(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        if len(args) > self._positional:
            raise TypeError(f"{self.name}() takes {self._positional} positional arguments but {len(args)} were given")
        for name in kwargs:
            if name not in self._index:
                raise TypeError(f"{self.name}() got an unexpected keyword argument {name!r}")
            if self._index[name] < len(args):
                raise TypeError(f"{self.name}() got multiple values for argument {name!r}")
        values = list(args)
        for name in self._fields[len(args) :]:
            if name in kwargs:
                values.append(kwargs[name])
            elif name in self._defaults:
                values.append(self._defaults[name])
            elif name in self._factories:
                values.append(self._factories[name]())
            else:
                raise TypeError(f"{self.name}() missing required argument: {name!r}")
        return values

    def _encode(self, values: list[Any]) -> bytes:
        slots = []
        texts = []
        at = 8 * len(values)
        for name, code, value in zip(self._fields, self._codes, values, strict=True):
            if code in "sy":
                text = self._text(name, code, value)
                slots.append(struct.pack("<II", at, len(text)))
                texts.append(text)
                at += len(text)
            else:
                slots.append(self._number(name, code, value))
        return b"".join(slots + texts)

    def _number(self, name: str, code: str, value: Any) -> bytes:
        if code == "b":
            if not isinstance(value, bool):
                raise self._expected(name, "bool", value)
            return struct.pack("<Q", value)
        if code == "f":
            if not (hasattr(value, "__float__") or hasattr(value, "__index__")):
                raise self._expected(name, "float", value)
            try:
                return struct.pack("<d", float(value))
            except OverflowError:
                raise OverflowError(f"{self.name}.{name}: {value!r} does not fit float") from None
        try:
            return struct.pack("<q", value)
        except struct.error:
            if hasattr(value, "__index__"):
                raise OverflowError(f"{self.name}.{name}: {value!r} does not fit int (64 bits with sign)") from None
            raise self._expected(name, "int (64 bits with sign)", value) from None

    def _text(self, name: str, code: str, value: Any) -> bytes:
        if code == "s":
            if not isinstance(value, str):
                raise self._expected(name, "str", value)
            try:
                return value.encode()
            except UnicodeError:
                raise ValueError(f"{self.name}.{name}: {value!r} has no UTF-8 form (a lone surrogate)") from None
        try:
            return bytes(memoryview(value))
        except TypeError:
            raise self._expected(name, "bytes, bytearray or memoryview", value) from None

    def _expected(self, name: str, what: str, value: Any) -> TypeError:
        return TypeError(f"{self.name}.{name}: expected {what}, got {type(value).__name__}")


def records_scan(buffer: Any, nonce: int, seq: int, /) -> bytes:
    """The valid records at the start of buffer, as packed lf_record_ref. See `_core.records_scan`."""
    view = ffi.from_buffer(buffer)
    most = len(view) // _SMALLEST_RECORD
    refs = ffi.new("lf_record_ref[]", most)
    used = ffi.new("size_t *")
    found = lib.lf_records_scan(view, len(view), nonce, seq, refs, most, used) if most else 0
    return bytes(ffi.buffer(refs, found * ffi.sizeof("lf_record_ref")))


def crc32c(buffer: Any, crc: int = 0, /) -> int:
    """CRC-32C (Castagnoli) of buffer, going on from crc."""
    view = ffi.from_buffer(buffer)
    return int(lib.lf_crc32c(crc, view, len(view)))


def _path(path: str | bytes | os.PathLike[str]) -> bytes:
    encoded = os.fsencode(path)
    if b"\0" in encoded:
        raise ValueError("embedded null byte")
    return encoded


def _runs_event_loop() -> bool:
    asyncio = sys.modules.get("asyncio")  # who runs a loop has it loaded
    if asyncio is None:
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _refusal(lane: Any, status: int, size: int) -> Exception:
    if status == lib.LF_TOO_BIG:
        return ValueError(
            f"an event of {size} bytes is longer than the longest record of a lane, {lib.lf_lane_max_record(lane)} "
            "bytes: split it, or open the Collector with more lane_bytes"
        )
    if status == lib.LF_CLOSED:
        return CollectorClosedError("this Collector is closed: open another before emitting")
    if status == lib.LF_BUSY:
        return RuntimeError("emit was called from inside an emit of the same thread")
    if not lane:
        return CollectorFullError("memory= has no room for a lane for this thread: open with more memory")
    return CollectorFullError(
        "this thread's lane is full: the drain is behind. Retry later, open with more memory=, or choose "
        'overflow="drop_new" or "block"'
    )
