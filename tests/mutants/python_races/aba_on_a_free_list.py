"""A pop's compare-and-swap sees the same index at the head, and its successor has been taken meanwhile (ABA)."""

import threading
from collections import defaultdict

from lockfree.check.specs import Outcome, Spec
from lockfree.testing import rule

SLOTS = 3
NONE = -1


class FreeList(Spec):
    """`take` answers the index given last, or None; `give` answers which of its own a thread gave back, or None."""

    def start(self):
        return tuple(reversed(range(SLOTS)))

    def answers(self, state, call):
        if call.operation == "take":
            yield Outcome("ok", state[-1], state[:-1]) if state else Outcome("ok", None, state)
        else:
            yield Outcome("ok", None, state)
            yield from (Outcome("ok", i, (*state, i)) for i in range(SLOTS) if i not in state)


class Broken:
    """The lock stands for the processor's compare-and-swap: it is held for nothing else."""

    def __init__(self):
        self.head = (0, 0)
        self.next = [*range(1, SLOTS), NONE]
        self.word = threading.Lock()
        self.mine = defaultdict(list)

    def swap_head(self, expected, wanted):
        with self.word:
            if self.head[0] != expected[0]:
                return False
            self.head = wanted
            return True

    def take(self):
        while True:
            head = self.head
            if head[0] == NONE:
                return None
            if self.swap_head(head, (self.next[head[0]], head[1] + 1)):
                self.mine[threading.get_ident()].append(head[0])
                return head[0]

    def give(self):
        mine = self.mine[threading.get_ident()]
        if not mine:
            return None
        index = mine.pop(0)
        while True:
            head = self.head
            self.next[index] = head[0]
            if self.swap_head(head, (index, head[1] + 1)):
                return index


class Fixed(Broken):
    """The tag beside the index is compared, too."""

    def swap_head(self, expected, wanted):
        with self.word:
            if self.head != expected:
                return False
            self.head = wanted
            return True


SPEC = FreeList
RULES = {"take": rule(), "give": rule()}
