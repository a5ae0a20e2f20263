"""The getter clears the event after it has looked: a put in between sets it for nothing, and the getter sleeps on."""

import threading

from lockfree.check.specs import FifoSpec
from lockfree.testing import fresh, rule


class Fixed:
    def __init__(self):
        self.items = []
        self.filled = threading.Event()

    def put(self, item):
        self.items.append(item)
        self.filled.set()

    def look(self):
        try:
            return self.items.pop(0)
        except IndexError:
            return None

    def get(self):
        while True:
            self.filled.clear()
            item = self.look()
            if item is not None:
                self.filled.set()  # there may be more, for another getter
                return item
            self.filled.wait()


class Broken(Fixed):
    def get(self):
        while True:
            item = self.look()
            if item is not None:
                return item
            self.filled.clear()
            self.filled.wait()


SPEC = FifoSpec(blocking=True)
RULES = {"put": rule(item=fresh()), "get": rule()}
