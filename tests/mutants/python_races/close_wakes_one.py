"""Closing notifies one waiting getter: the second sleeps on a closed queue for ever."""

import threading

from lockfree.check.specs import FifoSpec
from lockfree.errors import ShutDown
from lockfree.testing import fresh, rule


class Fixed:
    def __init__(self):
        self.items = []
        self.closed = False
        self.changed = threading.Condition()

    def put(self, item):
        with self.changed:
            if self.closed:
                raise ShutDown
            self.items.append(item)
            self.changed.notify()

    def get(self):
        with self.changed:
            while not self.items:
                if self.closed:
                    raise ShutDown
                self.changed.wait()
            return self.items.pop(0)

    def close(self):
        with self.changed:
            self.closed = True
            self.changed.notify_all()


class Broken(Fixed):
    def close(self):
        with self.changed:
            self.closed = True
            self.changed.notify()


SPEC = FifoSpec(blocking=True)
RULES = {"put": rule(item=fresh()), "get": rule(), "close": rule(once=True)}
