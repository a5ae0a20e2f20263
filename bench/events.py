"""Events into files: the collector, and what a Python programmer would write instead with a deque and a thread.

Each function moves `count` events of 64 bytes and returns seconds, after checking that every one of them arrived.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from itertools import repeat
from pathlib import Path
from struct import Struct

import lockfree
from bench.places import folders

PAYLOAD = bytes(range(64))
RECORD = Struct("<IIQQ64s")  # length and kind, checksum, sequence number, time stamp, payload: a segment's record
BATCH = 4096


def call_often(function: Callable[[bytes], object], count: int) -> float:
    """Seconds that `count` calls take with their loop; the loop is the cheapest that Python has."""
    begin = time.perf_counter()
    for _ in repeat(None, count):
        function(PAYLOAD)
    return time.perf_counter() - begin


def through_collector(count: int) -> float:
    """Emit in this thread, binary segments on disk; until the last event is in a segment (flush)."""
    with folders() as (lanes, segments), lockfree.Collector(lanes, segments=segments, overflow="block") as collector:
        begin = time.perf_counter()
        emit = collector.emit
        for _ in repeat(None, count):
            emit(PAYLOAD)
        collector.flush()
        seconds = time.perf_counter() - begin
        stats = collector.stats()
        written = sum(file.stat().st_size for file in segments.rglob("*") if file.is_file())
        if stats.delivered != count or written < count * RECORD.size:
            message = f"{count} events were emitted, {stats.delivered} delivered in {written} bytes"
            raise AssertionError(message)
    return seconds


class Writer(threading.Thread):
    """Takes what is in the deque, up to BATCH at a time, and writes each batch with one system call."""

    def __init__(self, path: Path, events: deque[bytes], count: int) -> None:
        super().__init__()
        self.path, self.events, self.count = path, events, count

    def run(self) -> None:
        """Ends when `count` events have been written."""
        events, popleft, left = self.events, self.events.popleft, self.count
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        while left:
            ready = min(len(events), BATCH)
            if ready == 0:
                time.sleep(0.0005)
                continue
            batch = b"".join([popleft() for _ in repeat(None, ready)])
            if os.write(file, batch) != len(batch):
                message = "a short write: is the disk full?"
                raise OSError(message)
            left -= ready
        os.close(file)


def through_deque(count: int, feed: Callable[[Callable[[bytes], object]], None], size: int) -> float:
    """`feed` appends `count` byte strings of `size` in this thread, a Writer takes them to disk."""
    with folders() as (_, disk):
        events: deque[bytes] = deque()
        writer = Writer(disk / "events", events, count)
        begin = time.perf_counter()
        writer.start()
        feed(events.append)
        writer.join()
        seconds = time.perf_counter() - begin
        written = (disk / "events").stat().st_size
        if written != count * size:
            message = f"{count} events of {size} bytes were appended, {written} bytes written"
            raise AssertionError(message)
    return seconds


def through_deque_records(count: int) -> float:
    """The rival: the same bytes as a segment's record, the checksum left out in its favour."""

    def feed(append: Callable[[bytes], object]) -> None:
        pack, now = RECORD.pack, time.time_ns
        for number in range(count):
            append(pack(64, 0, number, now(), PAYLOAD))

    return through_deque(count, feed, RECORD.size)


def through_deque_payloads(count: int) -> float:
    """A rival that does less: payloads alone, with neither number, time, length nor checksum."""

    def feed(append: Callable[[bytes], object]) -> None:
        for _ in repeat(None, count):
            append(PAYLOAD)

    return through_deque(count, feed, len(PAYLOAD))
