"""SpscRing: one producing thread, one consuming thread, items of one size."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from lockfree import _binding
from lockfree.errors import ShutDown
from lockfree.queues._dtype import Codec, check_items, codec_of, raw_codec
from lockfree.queues._one_sided import OneSided, check_overflow, check_size
from lockfree.queues._patience import Patience
from lockfree.queues._sides import CONSUMER, PRODUCER
from lockfree.queues._spans import Peek, Reservation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import DTypeLike

__all__ = ["SpscRing"]


class SpscRing(OneSided, _binding.SpscRing):
    """A bounded FIFO ring for exactly one producing and one consuming thread, items of one size.

    Args:
        capacity: items it holds, at least 1. Memory is the power of two above, times the item's bytes.
        dtype: what an item is: a name such as "i8", "<f8" or "uint16", or anything numpy takes for a dtype, a
            structured one included (an item is then a tuple going in and a numpy.void coming out). Numbers come out
            as int, float or bool. Only names and types other than those of plain numbers load numpy.
        itemsize: in place of dtype: items are bytes of this length.
        overflow: what put does when the ring is full: "block" (wait, as block and timeout say), "error" (raise
            Full at once), "drop_new" (drop the item, counted in stats().dropped). try_put answers False in each.

    put, get, put_nowait, get_nowait, qsize, empty, full, maxsize and shutdown are those of queue.Queue; on top
    try_put, try_get, put_many, get_many, drain, put_array, get_array, reserve, peek, iteration until shutdown.

    Threads: the first thread that puts is the producer, the first that gets the consumer (it may be the same one);
    another is refused with WrongThreadError. producer() and consumer() hand a side over. Looking (qsize, stats)
    and shutdown are for any thread. Every call that can wait releases the GIL and handles signals; a wait on a
    thread that runs an event loop raises RuntimeError.
    Processes: private memory. After fork the child has a copy of its own, items included.
    Linearizable but for weak full and empty: a full answer may come although a get has begun to free a slot.
    C: `address` and `nbytes` are the memory that lf_spsc_ring_attach takes, in C or through lockfree.lib, for as long
    as this object lives. Two eventcounts stand before it: not_empty at address - 256, to notify after a push from
    there, and not_full at address - 128, to notify after a pop.

    Raises:
        TypeError, ValueError: capacity, dtype, itemsize or overflow is none; the message says what to give.
        MemoryError: no memory for that capacity.

    Source: Lamport 1983, with cached counters (Lee, Bu and Chandranmenon 2009); see spsc_ring.h.
    """

    def __init__(
        self,
        capacity: int,
        dtype: "DTypeLike | None" = None,
        *,
        itemsize: int | None = None,
        overflow: str = "block",
    ) -> None:
        slots = check_size("capacity", capacity, "items")
        if (dtype is None) == (itemsize is None):
            raise TypeError("say what an item is: either dtype='i8' (or any other dtype) or itemsize=<bytes>")
        codec = raw_codec(check_size("itemsize", itemsize, "bytes")) if dtype is None else codec_of(dtype)
        policy = check_overflow("SpscRing", overflow)
        self._set_up()
        self._codec: Codec = codec
        self._maxsize = slots
        self._unit = codec.size
        super().__init__(
            slots,
            codec.size,
            codec.code,
            codec.name,
            codec.format,
            codec.view_item,
            policy,
            codec.encode,
            codec.decode,
        )
        self._waits_when_full = overflow == "block"
        self._drops_when_full = overflow == "drop_new"

    def __repr__(self) -> str:
        return f"<SpscRing of {self.qsize()}/{self._maxsize} items of {self._codec.name}>"

    @property
    def maxsize(self) -> int:
        """Items that the ring holds."""
        return self._maxsize

    @property
    def itemsize(self) -> int:
        """Bytes of an item."""
        return self._codec.size

    @property
    def dtype(self) -> "np.dtype[Any]":
        """The numpy dtype of an item; loads numpy. Items made with itemsize=n are of dtype V<n>."""
        import numpy as np

        dtype: np.dtype[Any] = np.dtype(self._codec.numpy)
        return dtype

    def full(self) -> bool:
        """Whether no slot is free; as fleeting as qsize()."""
        return self.qsize() >= self._maxsize

    # ---- many items ----

    def put_many(self, items: Iterable[Any], block: bool = True, timeout: float | None = None) -> int:
        """Put items in order, as many as fit at a time; how many went in. Producer only.

        All went in unless block is false, the timeout (seconds, for the whole call) ended, the overflow policy does
        not wait ("drop_new" counts the rest as dropped), or shutdown() came between (ShutDown if none went in).
        An item of a wrong type or size raises before any goes in.
        """
        return self._put_bytes(self._codec.pack(check_items(items)), block, timeout)

    def get_many(self, n: int, block: bool = True, timeout: float | None = None) -> list[Any]:
        """Up to n items: all that are there, after waiting for the first. Consumer only.

        [] if nothing came: at once where block is false, else after timeout seconds. ShutDown at the end.
        """
        return self._codec.unpack(bytes(self._get_bytes(check_size("n", n, "items"), block, timeout)))

    def drain(self) -> list[Any]:
        """Everything that is there now, [] if nothing; never waits, never raises ShutDown. Consumer only."""
        try:
            return self._codec.unpack(bytes(self._get_bytes(self._maxsize, block=False, timeout=None)))
        except ShutDown:
            return []

    def put_array(self, array: "np.ndarray[Any, Any]", block: bool = True, timeout: float | None = None) -> int:
        """Put the elements of an array of shape (n,) and the ring's dtype (itemsize=k: or uint8 of shape (n, k)).

        How many went in, as put_many. The copy is one or two memcpys. TypeError for another dtype or shape.
        """
        return self._put_bytes(self._rows(array), block, timeout)

    def get_array(
        self,
        n: int | None = None,
        *,
        out: "np.ndarray[Any, Any] | None" = None,
        block: bool = True,
        timeout: float | None = None,
    ) -> "np.ndarray[Any, Any]":
        """Up to n items (default: all that are there) as an array of shape (k,) and the ring's dtype.

        out: filled from its start instead of a new array; out[:k] is the answer. It has the ring's dtype, shape
        (m,), is contiguous and writable. Waits for the first item as get_many; shape (0,) if nothing came.
        """
        import numpy as np

        patience = Patience(block, timeout)
        if out is None:
            most = self._maxsize if n is None else min(check_size("n", n, "items"), self._maxsize)
            if n is None and not self.qsize():
                patience.wait(self, CONSUMER, 1)
            out = np.empty(min(most, max(self.qsize(), 1)), self.dtype)
        else:
            out = self._target(out, n)
        return out[: self._fill(memoryview(out.view(np.uint8)), patience)]  # type: ignore[arg-type]

    # ---- in place ----

    def reserve(self, n: int = 1, block: bool = True, timeout: float | None = None) -> Reservation:
        """Free slots to write into: `with ring.reserve(n) as view:` publishes them when the block ends. Producer only.

        view is a writable memoryview over at least 1 and up to n items (fewer where the ring's edge or the consumer
        is near: len(view) tells), in the format of the dtype; itemsize=k and datetimes: plain bytes. Nothing is
        published if the block raises; Reservation.commit(k) inside it publishes the first k only. Waits for a slot as
        put does, else Full. A slice or array of the view that is still held at the end raises BufferError: nothing is
        published, and the producing side waits until it is dropped.
        """
        return Reservation(self, check_size("n", n, "items"), Patience(block and self._waits_when_full, timeout))

    def peek(self, n: int = 1, block: bool = True, timeout: float | None = None) -> Peek:
        """The oldest items in place: `with ring.peek(n) as view:` takes them out when the block ends. Consumer only.

        view is a read-only memoryview over at least 1 and up to n items. Nothing is taken out if the block raises;
        Peek.release(k) inside it takes the first k only. Waits for an item as get does, else Empty; held views as in
        reserve().
        """
        return Peek(self, check_size("n", n, "items"), Patience(block, timeout))

    # ---- how ----

    def _put_bytes(self, data: Any, block: bool, timeout: float | None) -> int:
        patience = Patience(block and self._waits_when_full, timeout)
        left = memoryview(data).cast("B")
        total = len(left) // self._unit
        done = self._push_many(left)
        while done < total:
            if not patience.wait(self, PRODUCER, 1):
                break
            try:
                done += self._push_many(left[done * self._unit :])
            except ShutDown:
                if not done:
                    raise
                break
        if done < total and self._drops_when_full:
            self._count_dropped(total - done)
        return done

    def _fill(self, target: memoryview, patience: Patience) -> int:
        done = self._pop_many(target)
        while not done and patience.wait(self, CONSUMER, 1):
            done = self._pop_many(target)
        return done

    def _get_bytes(self, n: int, block: bool, timeout: float | None) -> memoryview:
        patience = Patience(block, timeout)
        if not self.qsize():
            patience.wait(self, CONSUMER, 1)
        target = memoryview(bytearray(max(1, min(n, self.qsize())) * self._unit))
        return target[: self._fill(target, patience) * self._unit]

    def _rows(self, array: Any) -> Any:
        import numpy as np

        rows = np.ascontiguousarray(array)
        same = rows.ndim == 1 and rows.dtype == self.dtype
        raw = self._codec.code == "s" and rows.nbytes == len(rows) * self._unit if rows.ndim else False
        if not (same or raw):
            raise TypeError(
                f"the array has shape {rows.shape} and dtype {rows.dtype}, the ring takes shape (n,) and dtype "
                f"{self.dtype}: convert it with .astype() and .reshape(-1) first"
            )
        return rows.reshape(-1).view(np.uint8)

    def _target(self, out: Any, n: int | None) -> Any:
        fits = out.ndim == 1 and out.dtype == self.dtype and out.flags.c_contiguous and out.flags.writeable
        if not fits:
            raise TypeError(
                f"out must be a writable, contiguous array of shape (m,) and dtype {self.dtype}, not of shape "
                f"{out.shape} and dtype {out.dtype}: make it with np.empty(m, ring.dtype)"
            )
        if len(out) == 0:
            raise ValueError("out has no room for an item: make it with np.empty(m, ring.dtype), m at least 1")
        return out if n is None else out[: check_size("n", n, "items")]

    def _commit_view(self, count: int) -> None:
        if count:
            self._commit(count)

    def _release_view(self, count: int) -> None:
        if count:
            self._release(count)

    def _view_count(self, view: memoryview) -> int:
        return view.nbytes // self._unit
