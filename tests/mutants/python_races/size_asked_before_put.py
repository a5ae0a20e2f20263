"""Room is looked for before the lock is taken: two puts find the last place, and more go in than fit."""

import threading

from lockfree.check.specs import FifoSpec
from lockfree.testing import fresh, rule


class Fixed:
    def __init__(self):
        self.items = []
        self.lock = threading.Lock()

    def put(self, item):
        with self.lock:
            if len(self.items) >= 2:
                return False
            self.items.append(item)
            return True

    def get(self):
        with self.lock:
            return self.items.pop(0) if self.items else None


class Broken(Fixed):
    def put(self, item):
        if len(self.items) >= 2:
            return False
        with self.lock:
            self.items.append(item)
        return True


SPEC = FifoSpec(2)
RULES = {"put": rule(item=fresh()), "get": rule()}
