"""A process that emits from two threads at full load until it is killed, and says in a shared page what was answered.

The page is written after emit has returned: what stands there has been acknowledged.
"""

import ctypes
import mmap
import os
import signal
import struct
import threading

import lockfree

THREADS = 2
PR_SET_PDEATHSIG = 1
_SLOTS = 2  # of a thread: accepted, rejected
_ID = struct.Struct("<IIQ")
_PADDING = bytes(2048)


class Page:
    """Counters that outlive the process that writes them; each is stored by one 8-byte move."""

    def __init__(self) -> None:
        self._bytes = mmap.mmap(-1, mmap.PAGESIZE)
        self.counters = memoryview(self._bytes).cast("Q")

    def accepted(self, thread: int) -> int:
        return self.counters[thread * _SLOTS]

    def rejected(self, thread: int) -> int:
        return self.counters[thread * _SLOTS + 1]


def identity(payload: bytes) -> tuple[int, int, int]:
    """(victim, thread, n) of an event; n counts the thread's accepted events from 1."""
    return _ID.unpack_from(payload)


def _emit_for_ever(collector, page: Page, victim: int, thread: int) -> None:
    counters = page.counters
    accepted, rejected = thread * _SLOTS, thread * _SLOTS + 1
    longest = 61 if victim % 2 else 2039  # long ones keep the drain in write() for much of the time
    n = 1
    while True:
        if collector.emit(_ID.pack(victim, thread, n) + _PADDING[: n * 7 % longest]):
            counters[accepted] = n
            n += 1
        else:
            counters[rejected] += 1


def start(directory, victim: int, form: str) -> tuple[int, Page]:
    """Forks victim number `victim`; its process number and its page."""
    page = Page()
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid, page
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # never outlives a test that was stopped
        if os.getppid() != parent:
            os._exit(1)
        collector = lockfree.Collector(
            directory, memory="1MiB", lane_bytes="128KiB", segment_bytes="512KiB", flush_ms=2, format=form
        )
        for thread in range(1, THREADS):
            threading.Thread(target=_emit_for_ever, args=(collector, page, victim, thread), daemon=True).start()
        _emit_for_ever(collector, page, victim, 0)
    finally:
        os._exit(1)
