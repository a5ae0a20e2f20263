"""The getter looks for items without the lock: a put between its look and its wait notifies nobody."""

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
        while not self.items:
            with self.filled:
                self.filled.wait()
        with self.filled:
            return self.items.pop(0)


SPEC = FifoSpec(blocking=True)
RULES = {"put": rule(item=fresh()), "get": rule()}
