"""The semaphore is released before the item is in: a getter with a permit finds nothing and raises IndexError."""

import threading

from lockfree.check.specs import FifoSpec
from lockfree.testing import fresh, rule


class Fixed:
    def __init__(self):
        self.items = []
        self.permits = threading.Semaphore(0)

    def put(self, item):
        self.items.append(item)
        self.permits.release()

    def get(self):
        self.permits.acquire()
        return self.items.pop(0)


class Broken(Fixed):
    def put(self, item):
        self.permits.release()
        self.items.append(item)


SPEC = FifoSpec(blocking=True)
RULES = {"put": rule(item=fresh()), "get": rule()}
