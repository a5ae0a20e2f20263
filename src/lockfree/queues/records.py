"""SpscBytes: one producing thread, one consuming thread, records of any length."""

from collections.abc import Iterable
from typing import Any

from lockfree import _binding
from lockfree.errors import ShutDown
from lockfree.queues._dtype import check_items
from lockfree.queues._one_sided import OneSided, check_overflow, check_size
from lockfree.queues._patience import Patience
from lockfree.queues._sides import CONSUMER, PRODUCER
from lockfree.queues._spans import Peek, Reservation

__all__ = ["SpscBytes"]


class SpscBytes(OneSided, _binding.SpscBytes):
    """A bounded FIFO of byte records for exactly one producing and one consuming thread.

    Args:
        nbytes: bytes of the buffer, rounded up to a power of two, 64 at least. A record takes 8 bytes more than its
            length, rounded up to a multiple of 8; the longest that always fits an empty queue is `max_record`.
        overflow: as for SpscRing.

    A record is any contiguous buffer going in (bytes, bytearray, memoryview, array) and bytes coming out; an empty
    one is a record too. put, get, put_nowait, get_nowait, qsize, empty, full and shutdown are those of queue.Queue,
    with qsize in records and maxsize in bytes; on top try_put, try_get, put_many, get_many, drain, reserve, peek,
    iteration until shutdown.

    Threads, processes, waiting: as SpscRing.

    Raises:
        TypeError, ValueError: nbytes or overflow is none, or a record longer than max_record.
        MemoryError: no memory for that many bytes.

    Source: Lamport 1983 with a wrap marker as in the bip buffer (Cooke 2003); see spsc_bytes.h.
    """

    _unit = 1

    def __init__(self, nbytes: int, *, overflow: str = "block") -> None:
        size = check_size("nbytes", nbytes, "bytes")
        policy = check_overflow("SpscBytes", overflow)
        self._set_up()
        super().__init__(size, policy)
        self._waits_when_full = overflow == "block"
        self._drops_when_full = overflow == "drop_new"

    def __repr__(self) -> str:
        return f"<SpscBytes of {self.qsize()} records in {self.used}/{self.maxsize} bytes>"

    def full(self) -> bool:
        """Whether not even an empty record fits; as fleeting as qsize()."""
        return self.used >= self.maxsize

    # ---- many records ----

    def put_many(self, items: Iterable[Any], block: bool = True, timeout: float | None = None) -> int:
        """Put records in order; how many went in. Producer only.

        All went in unless block is false, the timeout (seconds, for the whole call) ended, the overflow policy does
        not wait ("drop_new" counts the rest as dropped), or shutdown() came between (ShutDown if none went in).
        A record of a wrong type or length raises; those before it are in.
        """
        records = check_items(items)
        patience = Patience(block and self._waits_when_full, timeout)
        done = self._push_many(records, 0)
        while done < len(records):
            if not patience.wait(self, PRODUCER, self._need(records[done])):
                break
            try:
                done += self._push_many(records, done)
            except ShutDown:
                if not done:
                    raise
                break
        if done < len(records) and self._drops_when_full:
            self._count_dropped(len(records) - done)
        return done

    @staticmethod
    def _need(record: Any) -> int:
        return memoryview(record).nbytes

    def get_many(self, n: int, block: bool = True, timeout: float | None = None) -> list[bytes]:
        """Up to n records: all that are there, after waiting for the first. Consumer only.

        [] if nothing came: at once where block is false, else after timeout seconds. ShutDown at the end.
        """
        most, patience = check_size("n", n, "records"), Patience(block, timeout)
        records = self._pop_many(most)
        while not records and patience.wait(self, CONSUMER, 1):
            records = self._pop_many(most)
        return records

    def drain(self) -> list[bytes]:
        """Everything that is there now, [] if nothing; never waits, never raises ShutDown. Consumer only."""
        try:
            return self._pop_many(max(1, self.qsize()))
        except ShutDown:
            return []

    # ---- in place ----

    def reserve(self, n: int, block: bool = True, timeout: float | None = None) -> Reservation:
        """Room for a record to write into: `with queue.reserve(n) as view:` publishes it when the block ends.

        view is a writable memoryview of exactly n bytes. Nothing is published if the block raises;
        Reservation.commit(k) inside it publishes a record of the first k bytes. Waits for room as put does, else
        Full; ValueError if n is above max_record; held views as in SpscRing.reserve. Producer only.
        """
        return Reservation(self, check_size("n", n, "bytes"), Patience(block and self._waits_when_full, timeout))

    def peek(self, block: bool = True, timeout: float | None = None) -> Peek:
        """The oldest record in place: `with queue.peek() as view:` takes it out when the block ends. Consumer only.

        view is a read-only memoryview of its bytes. It stays in the queue if the block raises, or after
        Peek.release(0) inside it. Waits for a record as get does, else Empty; held views as in SpscRing.reserve.
        """
        return Peek(self, 1, Patience(block, timeout))

    # ---- how ----

    def _commit_view(self, count: int) -> None:
        self._commit(count)

    def _release_view(self, count: int) -> None:
        if count:
            self._release(count)

    def _view_count(self, _view: memoryview) -> int:
        return 1
