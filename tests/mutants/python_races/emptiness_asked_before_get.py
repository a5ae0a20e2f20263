"""Two getters both see the last item; the slower one pops from an empty list and raises IndexError."""

import threading

from lockfree.check.specs import FifoSpec
from lockfree.testing import fresh, rule


class Fixed:
    def __init__(self):
        self.items = []
        self.lock = threading.Lock()

    def put(self, item):
        self.items.append(item)

    def get(self):
        with self.lock:
            return self.items.pop(0) if self.items else None


class Broken(Fixed):
    def get(self):
        return self.items.pop(0) if self.items else None


SPEC = FifoSpec
RULES = {"put": rule(item=fresh()), "get": rule()}
