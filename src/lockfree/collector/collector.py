"""Collector: a directory opened for emitting events, and what it counts."""

import dataclasses
import functools
import os
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Literal, ParamSpec, Self, cast

from lockfree import _binding
from lockfree.collector import exits
from lockfree.collector.schema import schema_of, signature_of
from lockfree.collector.sizes import parse_size

__all__ = ["REASONS", "Collector", "CollectorStats"]

P = ParamSpec("P")
Overflow = Literal["drop_new", "error", "block"]
Format = Literal["binary", "ndjson"]

_OVERFLOW = ("drop_new", "error", "block")
_FORMAT = ("binary", "ndjson")
_MOST_MS = 1 << 31

REASONS = ("full", "too_big", "encode", "closed", "reentrant", "no_lane")
"""Why an event was not accepted: the keys of CollectorStats.rejected (lf_reason in csrc/collector/collector.h)."""


@dataclasses.dataclass(frozen=True, slots=True)
class CollectorStats:
    """Counts of events of this process, exact when no emit is running.

    offered = accepted + sum(rejected) + torn, and accepted = delivered + pending, each counted on its own.

    Attributes:
        offered: calls of emit, or of an event.
        accepted: those answered True.
        delivered: written to a segment.
        pending: still in a lane.
        torn: begun and never committed, by a thread that died inside emit.
        rejected: the others, by reason (REASONS).
        lanes: how many lanes this process has.
    """

    offered: int
    accepted: int
    delivered: int
    pending: int
    torn: int
    rejected: dict[str, int]
    lanes: int


class Collector(_binding.Collector):
    """Takes events from any thread of this process into files of one directory; loses nothing that it accepted.

        with Collector("/dev/shm/app", memory="64MiB") as collector:
            collector.emit(b"raw")
            click = collector.event(Click)      # a dataclass
            click("u1", 42, 9.5)

    Each thread writes to a lane of its own, a memory-mapped file; a native thread, which never takes the GIL, moves
    the lanes' events into segments. Opening a directory first brings what dead processes left in it into the segments.
    Several processes may have one directory open. After fork the child goes on with lanes of its own; a pickled
    collector opens the directory anew in the process that loads it. Without close() the events are drained when the
    interpreter exits; after kill -9 the next open does it.

    Args:
        path: the directory; made if missing. On tmpfs (/dev/shm) emitting never waits for a disk.
        memory: bytes for all lanes of this process (int or "64MiB"); allocated as threads come.
        overflow: what emit does when the lane is full: "drop_new" returns False, "error" raises CollectorFullError,
            "block" waits. Each rejection is counted.
        segments: where the segments go, if not to path/segments.
        format: "binary", or "ndjson" (one JSON object a line).
        segment_bytes: a new segment file is begun from here on.
        flush_ms: the longest that an event waits in its lane, in milliseconds.
        block_timeout: seconds that overflow="block" waits before it gives up and returns False; None: no limit.
        lane_bytes: bytes of one lane's buffer; None: memory / 16, within 64 KiB .. 4 MiB.
        drain: False: no drain thread, the events stay in their lanes until somebody else drains them.

    Raises:
        OSError: the directory cannot be used (missing rights, read-only, no space, too little memory).
        ValueError, TypeError: an option; the message says which and what it may be.

    Thread-safe, with or without the GIL. Source: one lane per thread as in Quill and NanoLog (ATC 2018).
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        memory: int | str = "64MiB",
        overflow: Overflow = "drop_new",
        segments: str | os.PathLike[str] | None = None,
        format: Format = "binary",
        segment_bytes: int | str = "64MiB",
        flush_ms: int = 100,
        block_timeout: float | None = None,
        lane_bytes: int | str | None = None,
        drain: bool = True,
    ) -> None:
        self.path = os.fspath(path)
        policy = _choice("overflow", overflow, _OVERFLOW)
        if block_timeout is not None and overflow != "block":
            raise ValueError(f'block_timeout={block_timeout!r} needs overflow="block", not {overflow!r}')
        if not isinstance(flush_ms, int) or not 1 <= flush_ms < _MOST_MS:
            raise ValueError(f"flush_ms={flush_ms!r}: it must be an int from 1 to {_MOST_MS - 1} milliseconds")
        super().__init__(
            self.path,
            segments=segments,
            memory=parse_size(memory, "memory"),
            lane_bytes=0 if lane_bytes is None else parse_size(lane_bytes, "lane_bytes"),
            segment_bytes=parse_size(segment_bytes, "segment_bytes"),
            flush_ms=flush_ms,
            overflow=policy,
            format=_choice("format", format, _FORMAT),
            drain=drain,
            block_timeout_ns=_nanoseconds("block_timeout", block_timeout),
        )
        self._reopen = functools.partial(
            type(self),
            self.path,
            memory=memory,
            overflow=overflow,
            segments=segments,
            format=format,
            segment_bytes=segment_bytes,
            flush_ms=flush_ms,
            block_timeout=block_timeout,
            lane_bytes=lane_bytes,
            drain=drain,
        )
        exits.register(self)

    def event(self, cls: Callable[P, object], *, critical: bool = False) -> Callable[P, bool]:
        """A callable with the parameters of dataclass `cls` that emits one such event and returns what emit returns.

        Fields may be int (64 bits with sign), float, bool, str and bytes, with defaults. Arguments are checked and
        encoded before the lane is touched; one that cannot be encoded raises TypeError, OverflowError or ValueError,
        naming the field, and is counted as rejected "encode". critical: its events may use the lane's last tenth.

        Raises:
            TypeError: no dataclass, or a field of another type.
            OSError: ENOSPC: more than 239 event types in one process.

        Thread-safe; an event of three fields costs about 60 ns.
        """
        schema = schema_of(cast("type", cls))
        event = _binding.Event(
            self,
            kind=self.schema(schema.text),
            name=schema.name,
            fields=schema.fields,
            codes=schema.codes,
            positional=schema.positional,
            defaults=schema.defaults,
            factories=schema.factories,
            critical=critical,
        )
        event.__name__ = event.__qualname__ = schema.name
        event.__doc__ = cls.__doc__
        event.__signature__ = signature_of(cast("type", cls))
        return event

    def flush(self, timeout: float | None = None) -> bool:
        """Waits until everything emitted before the call is in the segments; False if `timeout` seconds did not do.

        Raises:
            OSError: the segments cannot be written; the events stay in their lanes.
            CollectorClosedError: the collector is closed.
        """
        return super().flush(_nanoseconds("timeout", timeout))

    def close(self, timeout: float | None = None) -> None:
        """Takes no more events, writes all that were accepted to the segments, and removes this process's lanes.

        Idempotent; any thread. timeout: seconds; None: as long as the disk takes what is written.

        Raises:
            OSError: something had to stay in the lanes; the next open of the directory brings it into the segments.
        """
        exits.forget(self)
        super().close(_nanoseconds("timeout", timeout))

    def stats(self) -> CollectorStats:
        """What this process's lanes have counted. Walks the lanes: some microseconds, more with much pending."""
        offered, accepted, delivered, pending, torn, lanes, rejected = self.counters()
        return CollectorStats(
            offered=offered,
            accepted=accepted,
            delivered=delivered,
            pending=pending,
            torn=torn,
            rejected=dict(zip(REASONS, rejected, strict=False)),
            lanes=lanes,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Callable[[], "Collector"], tuple[()]]:
        return self._reopen, ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.path!r}>"


def _choice(name: str, value: str, choices: tuple[str, ...]) -> int:
    if value not in choices:
        raise ValueError(f"{name}={value!r}: it must be one of {', '.join(map(repr, choices))}")
    return choices.index(value)


def _nanoseconds(name: str, seconds: float | None) -> int:
    """Seconds -> nanoseconds; None -> -1, no limit."""
    if seconds is None:
        return -1
    if not 0 <= seconds <= threading.TIMEOUT_MAX:
        raise ValueError(f"{name}={seconds!r}: it must be seconds, 0 or more, or None for no limit")
    return int(seconds * 1e9)
