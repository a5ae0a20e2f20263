"""A woken getter doesn't look again: another took the item between the notify and its wake-up."""

import threading

from lockfree.check.specs import FifoSpec
from lockfree.testing import fresh, rule


class Fixed:
    def __init__(self):
        self.items = []
        self.filled = threading.Condition()

    def put(self, item):
        with self.filled:
            self.items.append(item)
            self.filled.notify()

    def get(self):
        with self.filled:
            while not self.items:
                self.filled.wait()
            return self.items.pop(0)


class Broken(Fixed):
    def get(self):
        with self.filled:
            if not self.items:
                self.filled.wait()
            return self.items.pop(0)


SPEC = FifoSpec(blocking=True)
RULES = {"put": rule(item=fresh()), "get": rule()}
