"""First in, first out: bounded or not, strict or weak, waiting or answering.

**What weak means, exactly.** Let the operations stand in the order under judgement, and let a call come where m pushes
and n pops have gone well before it; m - n items are inside. A call *knows* an operation that happens before it.

    kind      FULL is right where                          EMPTY is right where
    strict    m - n = capacity                             m - n = 0
    weak      m - (pops known) >= capacity                 no push of an item inside is known
    in_turn   m - n = capacity, or pop number              m - n = 0, or push number n + 1,
              m - capacity + 1, which freed the slot       that of the oldest item inside,
              whose turn it is, is not known               is not known

So weak-full answers FULL although another thread's pop has begun to free a slot, and weak-empty answers EMPTY although
another thread's push has begun to fill one; what has ended, and is known, counts. A Lamport ring with acquire and
release is weak on both sides. `in_turn` is for rings whose slots are used in turn, each with a flag of its own
(Vyukov's): there one stopped thread hides what later ones have long finished. With one producer and one consumer `weak`
and `in_turn` are the same. CLOSED, to a pop, is right where EMPTY would be and the queue is closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from lockfree.check.specs.base import ANYTHING, Call, Outcome, Spec

PUSHES = ("push", "put", "put_nowait", "try_put", "enqueue", "append", "offer", "send")
POPS = ("pop", "get", "get_nowait", "try_get", "dequeue", "popleft", "poll", "receive")
CLOSES = ("close", "shutdown")

KINDS = ("strict", "weak", "in_turn")


@dataclass(frozen=True, slots=True)
class FifoState:
    """What is inside, oldest first; who pushed each, and who popped before, where a weak answer asks for it.

    `popped` is the bit mask of all pops, `poppers` the last ones in order.
    """

    items: tuple[Any, ...] = ()
    pushers: tuple[int, ...] = ()
    popped: int = 0
    poppers: tuple[int, ...] = ()
    closed: bool = False


class FifoSpec(Spec):
    """A queue: `push`, `pop`, `close`, by the names of the standard library too.

    `capacity` None is unbounded. `full` and `empty` are `strict`, `weak` or `in_turn` (this module's head defines
    them). With `blocking`, a push that finds it full and a pop that finds it empty wait instead of answering. With
    `busy`, BUSY is right where another operation runs beside. A put that returned False is read as FULL, a get that
    returned None as EMPTY.
    """

    names: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(PUSHES, "push"),
        **dict.fromkeys(POPS, "pop"),
        **dict.fromkeys(CLOSES, "close"),
    }

    def __init__(
        self,
        capacity: int | None = None,
        *,
        full: str = "strict",
        empty: str = "strict",
        blocking: bool = False,
        busy: bool = False,
    ) -> None:
        """Refuse a kind of answer that isn't defined."""
        for kind in (full, empty):
            if kind not in KINDS:
                raise ValueError(f"full and empty are one of {', '.join(KINDS)}; not {kind!r}")
        self.capacity = capacity
        self.full = full
        self.empty = empty
        self.blocking = blocking
        self.busy = busy

    def start(self) -> FifoState:
        """Return the empty, open queue."""
        return FifoState()

    def answers(self, state: FifoState, call: Call) -> Iterator[Outcome]:
        """Return what the queue may answer: the item or the place, or why not."""
        if self.busy and call.beside and call.operation != "close":
            yield Outcome("busy", ANYTHING, state)
        if call.operation == "close":
            yield Outcome("ok", ANYTHING, replace(state, closed=True))
        elif call.operation == "push":
            yield from self._push(state, call)
        else:
            yield from self._pop(state, call)

    def _push(self, state: FifoState, call: Call) -> Iterator[Outcome]:
        if state.closed:
            yield Outcome("closed", ANYTHING, state)
            return
        if not self._is_full(state):
            pushers = (*state.pushers, call.index) if self.empty != "strict" else ()
            yield Outcome("ok", ANYTHING, replace(state, items=(*state.items, call.argument), pushers=pushers))
        if not self.blocking and self._looks_full(state, call):
            yield Outcome("full", ANYTHING, state)

    def _pop(self, state: FifoState, call: Call) -> Iterator[Outcome]:
        if state.items:
            after = replace(state, items=state.items[1:], pushers=state.pushers[1:])
            if self.capacity is not None and self.full == "weak":
                after = replace(after, popped=state.popped | 1 << call.index)
            elif self.capacity is not None and self.full == "in_turn":
                after = replace(after, poppers=(*state.poppers, call.index)[-self.capacity :])
            yield Outcome("ok", state.items[0], after)
        if self._looks_empty(state, call):
            if state.closed:
                yield Outcome("closed", ANYTHING, state)
            elif not self.blocking:
                yield Outcome("empty", ANYTHING, state)

    def _is_full(self, state: FifoState) -> bool:
        return self.capacity is not None and len(state.items) >= self.capacity

    def _looks_full(self, state: FifoState, call: Call) -> bool:
        if self.capacity is None or self._is_full(state) or self.full == "strict":
            return self._is_full(state)
        if self.full == "weak":
            return len(state.items) + (state.popped & ~call.before).bit_count() >= self.capacity
        free = self.capacity - len(state.items)
        return len(state.poppers) >= free and not call.knows(state.poppers[-free])

    def _looks_empty(self, state: FifoState, call: Call) -> bool:
        if not state.items or self.empty == "strict":
            return not state.items
        if self.empty == "in_turn":
            return not call.knows(state.pushers[0])
        return not any(map(call.knows, state.pushers))

    def read(self, operation: str, result: Any) -> tuple[str, Any]:
        """Return a method's result as answer and value: False from a put is FULL, None from a get is EMPTY."""
        name = self.name(operation)
        if name == "push":
            return ("full" if result is False else "ok", None)
        if name == "pop":
            return ("empty", None) if result is None else ("ok", result)
        return ("ok", None)

    def show(self, state: FifoState) -> str:
        """Return the items inside, oldest first."""
        return show_items(state.items) + (", closed" if state.closed else "")


def show_items(items: Iterable[Any]) -> str:
    """Return items in a line."""
    return "inside: " + (" ".join(map(repr, items)) or "nothing")
