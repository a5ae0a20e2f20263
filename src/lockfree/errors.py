"""What the package raises. Full and empty are the standard library's answers: queue.Full, queue.Empty."""

import sys
from queue import Empty, Full

__all__ = [
    "CollectorClosedError",
    "CollectorFullError",
    "Empty",
    "Full",
    "LaneFormatError",
    "LockfreeError",
    "SegmentFormatError",
    "ShutDown",
    "WrongThreadError",
]

if sys.version_info >= (3, 13):
    from queue import ShutDown
else:

    class ShutDown(Exception):  # noqa: N818 - the name that Python 3.13 gave it
        """Raised when a put or a get meets a queue that has been shut down (queue.ShutDown from Python 3.13 on)."""


class LockfreeError(Exception):
    """Base of what this package raises of its own; the message says what to do."""


class WrongThreadError(LockfreeError, RuntimeError):
    """A one-sided structure was used from a second thread on the same side, or a blocking call from an event loop."""


class LaneFormatError(LockfreeError, ValueError):
    """A lane file is foreign, of an unknown version, truncated or contradicts itself; the message names the file."""


class SegmentFormatError(LockfreeError, ValueError):
    """A segment file is foreign, of an unknown version, truncated or damaged; the message names file and offset."""


class CollectorClosedError(LockfreeError, RuntimeError):
    """An operation that needs an open collector met a closed one."""


class CollectorFullError(LockfreeError, Full):
    """With overflow="error": the event was not taken, since the thread's lane (or memory= for another lane) is full."""
